package soql

import (
	"fmt"
	"regexp"
	"strings"
)

// conditions parses a chain of ANDs or of ORs. SOQL mixes the two only with
// parentheses.
func (p *parser) conditions() (func(Row) bool, error) {
	first, err := p.condition()
	if err != nil {
		return nil, err
	}
	all := []func(Row) bool{first}
	for _, operator := range []string{"AND", "OR"} {
		for p.accept(operator) {
			c, err := p.condition()
			if err != nil {
				return nil, err
			}
			all = append(all, c)
		}
		if len(all) == 1 {
			continue
		}
		isOr := operator == "OR"
		return func(r Row) bool {
			for _, c := range all {
				if c(r) == isOr {
					return isOr
				}
			}
			return !isOr
		}, nil
	}
	return first, nil
}

func (p *parser) condition() (func(Row) bool, error) {
	if p.accept("NOT") {
		c, err := p.condition()
		if err != nil {
			return nil, err
		}
		return func(r Row) bool { return !c(r) }, nil
	}
	if p.accept("(") {
		c, err := p.conditions()
		if err != nil {
			return nil, err
		}
		return c, p.expect(")")
	}
	return p.comparison()
}

func (p *parser) comparison() (func(Row) bool, error) {
	if p.words[0].kind != nameWord {
		return nil, p.unexpected()
	}
	i, err := p.field(p.next().text)
	if err != nil {
		return nil, err
	}
	q := p.query
	field := q.Object.Fields[i]
	switch {
	case p.accept("IN"):
		return p.in(i, true)
	case p.accept("NOT", "IN"):
		return p.in(i, false)
	case p.accept("LIKE"):
		return p.like(i)
	}

	operator := p.words[0].text
	switch operator {
	case "=", "!=", "<>", "<", "<=", ">", ">=":
		p.next()
	default:
		return nil, p.unexpected()
	}
	value, err := p.literal(field)
	if err != nil {
		return nil, err
	}
	switch operator {
	case "=":
		return func(r Row) bool { return equalValues(r[i], value) }, nil
	case "!=", "<>":
		return func(r Row) bool { return !equalValues(r[i], value) }, nil
	}
	if value == nil {
		return nil, malformed("null cannot be compared by '%s'", operator)
	}
	q.Ranges = append(q.Ranges, field.Name)
	return func(r Row) bool {
		if r[i] == nil {
			return false
		}
		c := compareValues(r[i], value)
		switch operator {
		case "<":
			return c < 0
		case "<=":
			return c <= 0
		case ">":
			return c > 0
		default:
			return c >= 0
		}
	}, nil
}

func (p *parser) in(i int, positive bool) (func(Row) bool, error) {
	if err := p.expect("("); err != nil {
		return nil, err
	}
	// A set, since a list may be long and is met by every row.
	values := map[any]bool{}
	for {
		value, err := p.literal(p.query.Object.Fields[i])
		if err != nil {
			return nil, err
		}
		values[normalValue(value)] = true
		if !p.accept(",") {
			break
		}
	}
	return func(r Row) bool { return values[normalValue(r[i])] == positive }, p.expect(")")
}

func (p *parser) like(i int) (func(Row) bool, error) {
	f := p.query.Object.Fields[i]
	if f.Type != String || p.words[0].kind != stringWord {
		return nil, &Error{"INVALID_QUERY_FILTER_OPERATOR", fmt.Sprintf("field '%s' cannot be filtered so with operator LIKE", f.Name)}
	}
	literal := p.next().text
	var pattern strings.Builder
	pattern.WriteString("(?is)^")
	for literal != "" {
		switch literal[0] {
		case '%':
			pattern.WriteString(".*")
			literal = literal[1:]
		case '_':
			pattern.WriteString(".")
			literal = literal[1:]
		default:
			char, rest, err := unescape(literal, true)
			if err != nil {
				return nil, err
			}
			pattern.WriteString(regexp.QuoteMeta(char))
			literal = rest
		}
	}
	pattern.WriteString("$")
	like, err := regexp.Compile(pattern.String())
	if err != nil {
		return nil, malformed("pattern not understood")
	}
	return func(r Row) bool {
		s, ok := r[i].(string)
		return ok && like.MatchString(s)
	}, nil
}
