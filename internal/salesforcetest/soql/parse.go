package soql

import (
	"fmt"
	"strconv"
	"strings"
)

// Parse parses a query on one of the objects. Names and keywords are not
// case-sensitive. An error is an [*Error].
func Parse(text string, objects []Object) (*Query, error) {
	words, err := lex(text)
	if err != nil {
		return nil, err
	}
	p := &parser{words: words, query: &Query{}}
	if err := p.parse(objects); err != nil {
		return nil, err
	}
	return p.query, nil
}

// A parser fills in a query from the words that are left.
type parser struct {
	words []word
	query *Query
}

func (p *parser) next() word {
	word := p.words[0]
	if word.kind != endWord {
		p.words = p.words[1:]
	}
	return word
}

// accept consumes the words of a keyword or symbol if they come next.
func (p *parser) accept(keywords ...string) bool {
	for i, keyword := range keywords {
		word := p.words[min(i, len(p.words)-1)]
		if word.kind != nameWord && word.kind != symbolWord || !strings.EqualFold(word.text, keyword) {
			return false
		}
	}
	p.words = p.words[len(keywords):]
	return true
}

func (p *parser) expect(keyword string) error {
	if p.accept(keyword) {
		return nil
	}
	return p.unexpected()
}

func (p *parser) unexpected() error {
	return malformed("unexpected token: '%s'", p.words[0].text)
}

// parse reads a whole query. The selected fields are looked up last, because
// the object comes after them.
func (p *parser) parse(objects []Object) error {
	q := p.query
	if err := p.expect("SELECT"); err != nil {
		return err
	}
	var selected []string
	if p.accept("COUNT", "(", ")") {
		q.Count = true
	} else {
		var err error
		if selected, err = p.names(); err != nil {
			return err
		}
	}
	if err := p.expect("FROM"); err != nil {
		return err
	}
	if err := p.from(objects); err != nil {
		return err
	}
	for _, name := range selected {
		i, err := p.field(name)
		if err != nil {
			return err
		}
		q.Selected = append(q.Selected, i)
	}
	return p.clauses()
}

// clauses reads what may follow the object.
func (p *parser) clauses() error {
	q := p.query
	var err error
	if p.accept("WHERE") {
		if q.where, err = p.conditions(); err != nil {
			return err
		}
	}
	if p.accept("ORDER", "BY") {
		if err = p.orderBy(); err != nil {
			return err
		}
	}
	if p.accept("LIMIT") {
		if q.Limit, err = p.natural(); err != nil {
			return err
		}
	}
	if p.accept("OFFSET") {
		if q.Offset, err = p.natural(); err != nil {
			return err
		}
	}
	if p.words[0].kind != endWord {
		return p.unexpected()
	}
	return nil
}

func (p *parser) names() ([]string, error) {
	var names []string
	for {
		if p.words[0].kind != nameWord {
			return nil, p.unexpected()
		}
		names = append(names, p.next().text)
		if !p.accept(",") {
			return names, nil
		}
	}
}

func (p *parser) from(objects []Object) error {
	if p.words[0].kind != nameWord {
		return p.unexpected()
	}
	name := p.next().text
	for _, object := range objects {
		if strings.EqualFold(object.Name, name) {
			p.query.Object = object
			return nil
		}
	}
	return &Error{"INVALID_TYPE", fmt.Sprintf("sObject type '%s' is not supported.", name)}
}

// field returns the index of a field in the object.
func (p *parser) field(name string) (int, error) {
	for i, f := range p.query.Object.Fields {
		if strings.EqualFold(f.Name, name) {
			return i, nil
		}
	}
	return 0, &Error{"INVALID_FIELD", fmt.Sprintf("No such column '%s' on entity '%s'.", name, p.query.Object.Name)}
}

func (p *parser) natural() (*int, error) {
	n, err := strconv.Atoi(p.words[0].text)
	if err != nil || n < 0 || p.words[0].kind != numberWord {
		return nil, p.unexpected()
	}
	p.next()
	return &n, nil
}

func (p *parser) orderBy() error {
	q := p.query
	for {
		if p.words[0].kind != nameWord {
			return p.unexpected()
		}
		i, err := p.field(p.next().text)
		if err != nil {
			return err
		}
		sign := 1
		if p.accept("DESC") {
			sign = -1
		} else {
			p.accept("ASC")
		}
		nulls := -1 // NULLS FIRST, the default
		if p.accept("NULLS", "LAST") {
			nulls = 1
		} else {
			p.accept("NULLS", "FIRST")
		}
		q.OrderBy = append(q.OrderBy, q.Object.Fields[i].Name)
		q.order = append(q.order, func(a, b Row) int {
			switch {
			case a[i] == nil && b[i] == nil:
				return 0
			case a[i] == nil:
				return nulls
			case b[i] == nil:
				return -nulls
			}
			return sign * compareValues(a[i], b[i])
		})
		if !p.accept(",") {
			return nil
		}
	}
}
