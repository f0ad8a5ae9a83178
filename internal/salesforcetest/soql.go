package salesforcetest

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"
)

// A fieldType decides which literals a field can be compared with.
type fieldType string

const (
	idField       fieldType = "id"
	stringField   fieldType = "string"
	dateTimeField fieldType = "dateTime"
	intField      fieldType = "int"
	booleanField  fieldType = "boolean"
)

type field struct {
	name string
	typ  fieldType
}

// A row holds the values of an object's fields in the order of its schema:
// string, time.Time, int, bool, or nil for null.
type row []any

// A soqlQuery is a query after parsing. It evaluates the part of SOQL that the
// "SOQL and SOSL Reference" has under WHERE, ORDER BY, LIMIT and OFFSET.
type soqlQuery struct {
	object string
	schema []field
	fields []int // indexes into schema; nil with count
	count  bool  // SELECT COUNT()
	where  func(row) bool
	order  []func(a, b row) int
	limit  int // -1: none
	offset int
}

// run returns the rows that match, in order, after OFFSET and LIMIT.
func (q *soqlQuery) run(rows []row) []row {
	var result []row
	for _, r := range rows {
		if q.where == nil || q.where(r) {
			result = append(result, r)
		}
	}
	slices.SortStableFunc(result, func(a, b row) int {
		for _, compare := range q.order {
			if c := compare(a, b); c != 0 {
				return c
			}
		}
		return 0
	})
	result = result[min(q.offset, len(result)):]
	if q.limit >= 0 {
		result = result[:min(q.limit, len(result))]
	}
	return result
}

// A soqlError is an "errorCode" of the REST API and its message.
type soqlError struct{ code, message string }

func (e *soqlError) Error() string { return e.code + ": " + e.message }

func malformed(format string, args ...any) error {
	return &soqlError{"MALFORMED_QUERY", fmt.Sprintf(format, args...)}
}

// parseSOQL parses a query on one of the objects in schemas. Names and keywords
// are not case-sensitive. An error is a *soqlError.
func parseSOQL(text string, schemas map[string][]field) (*soqlQuery, error) {
	words, err := lexSOQL(text)
	if err != nil {
		return nil, err
	}
	p := &soqlParser{words: words}
	return p.query(schemas)
}

// A soqlWord is a lexical token.
type soqlWord struct {
	text string // of a string: what is between the quotes, escapes and all
	kind wordKind
}

type wordKind int

const (
	endWord    wordKind = iota
	nameWord            // keyword, field, object, true, false or null
	stringWord          // 'quoted'
	numberWord          // starts with a digit or a sign: number or date
	symbolWord          // operator, comma or parenthesis
)

var soqlLexer = regexp.MustCompile(`(?s)^(?:([A-Za-z][A-Za-z0-9_.]*)|'((?:[^'\\]|\\.)*)'|([0-9+-][0-9A-Za-z:.+-]*)|([<>!]=|<>|[=<>(),]))`)

func lexSOQL(text string) ([]soqlWord, error) {
	if !utf8.ValidString(text) {
		return nil, malformed("the query is not UTF-8")
	}
	var words []soqlWord
	for {
		text = strings.TrimLeft(text, " \t\r\n")
		if text == "" {
			return append(words, soqlWord{"<EOF>", endWord}), nil
		}
		match := soqlLexer.FindStringSubmatchIndex(text)
		if match == nil {
			first, _ := utf8.DecodeRuneInString(text)
			return nil, malformed("no viable alternative at character '%c'", first)
		}
		for kind := nameWord; kind <= symbolWord; kind++ {
			if start := match[2*int(kind)]; start >= 0 {
				words = append(words, soqlWord{text[start:match[2*int(kind)+1]], kind})
			}
		}
		text = text[match[1]:]
	}
}

type soqlParser struct {
	words  []soqlWord
	schema []field
	object string
}

func (p *soqlParser) next() soqlWord {
	word := p.words[0]
	if word.kind != endWord {
		p.words = p.words[1:]
	}
	return word
}

// accept consumes the words of a keyword or symbol if they come next.
func (p *soqlParser) accept(keywords ...string) bool {
	for i, keyword := range keywords {
		word := p.words[min(i, len(p.words)-1)]
		if word.kind != nameWord && word.kind != symbolWord || !strings.EqualFold(word.text, keyword) {
			return false
		}
	}
	p.words = p.words[len(keywords):]
	return true
}

func (p *soqlParser) expect(keyword string) error {
	if p.accept(keyword) {
		return nil
	}
	return p.unexpected()
}

func (p *soqlParser) unexpected() error {
	return malformed("unexpected token: '%s'", p.words[0].text)
}

func (p *soqlParser) query(schemas map[string][]field) (*soqlQuery, error) {
	q := &soqlQuery{limit: -1}
	if err := p.expect("SELECT"); err != nil {
		return nil, err
	}
	var names []string
	if p.accept("COUNT", "(", ")") {
		q.count = true
	} else {
		var err error
		if names, err = p.names(); err != nil {
			return nil, err
		}
	}
	if err := p.expect("FROM"); err != nil {
		return nil, err
	}
	if err := p.from(schemas); err != nil {
		return nil, err
	}
	q.object, q.schema = p.object, p.schema
	for _, name := range names {
		i, err := p.field(name)
		if err != nil {
			return nil, err
		}
		q.fields = append(q.fields, i)
	}

	var err error
	if p.accept("WHERE") {
		if q.where, err = p.conditions(); err != nil {
			return nil, err
		}
	}
	if p.accept("ORDER", "BY") {
		if q.order, err = p.orderBy(); err != nil {
			return nil, err
		}
	}
	if p.accept("LIMIT") {
		if q.limit, err = p.natural(); err != nil {
			return nil, err
		}
	}
	if p.accept("OFFSET") {
		if q.offset, err = p.natural(); err != nil {
			return nil, err
		}
	}
	if p.words[0].kind != endWord {
		return nil, p.unexpected()
	}
	return q, nil
}

func (p *soqlParser) names() ([]string, error) {
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

func (p *soqlParser) from(schemas map[string][]field) error {
	if p.words[0].kind != nameWord {
		return p.unexpected()
	}
	name := p.next().text
	for object, schema := range schemas {
		if strings.EqualFold(object, name) {
			p.object, p.schema = object, schema
			return nil
		}
	}
	return &soqlError{"INVALID_TYPE", fmt.Sprintf("sObject type '%s' is not supported.", name)}
}

// field returns the index of a field in the schema.
func (p *soqlParser) field(name string) (int, error) {
	for i, f := range p.schema {
		if strings.EqualFold(f.name, name) {
			return i, nil
		}
	}
	return 0, &soqlError{"INVALID_FIELD", fmt.Sprintf("No such column '%s' on entity '%s'.", name, p.object)}
}

func (p *soqlParser) natural() (int, error) {
	n, err := strconv.Atoi(p.words[0].text)
	if err != nil || n < 0 || p.words[0].kind != numberWord {
		return 0, p.unexpected()
	}
	p.next()
	return n, nil
}

func (p *soqlParser) orderBy() ([]func(a, b row) int, error) {
	var order []func(a, b row) int
	for {
		if p.words[0].kind != nameWord {
			return nil, p.unexpected()
		}
		i, err := p.field(p.next().text)
		if err != nil {
			return nil, err
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
		order = append(order, func(a, b row) int {
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
			return order, nil
		}
	}
}

// conditions parses a chain of ANDs or of ORs. SOQL mixes the two only with
// parentheses.
func (p *soqlParser) conditions() (func(row) bool, error) {
	first, err := p.condition()
	if err != nil {
		return nil, err
	}
	all := []func(row) bool{first}
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
		return func(r row) bool {
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

func (p *soqlParser) condition() (func(row) bool, error) {
	if p.accept("NOT") {
		c, err := p.condition()
		if err != nil {
			return nil, err
		}
		return func(r row) bool { return !c(r) }, nil
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

func (p *soqlParser) comparison() (func(row) bool, error) {
	if p.words[0].kind != nameWord {
		return nil, p.unexpected()
	}
	i, err := p.field(p.next().text)
	if err != nil {
		return nil, err
	}
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
	value, err := p.literal(p.schema[i])
	if err != nil {
		return nil, err
	}
	switch operator {
	case "=":
		return func(r row) bool { return equalValues(r[i], value) }, nil
	case "!=", "<>":
		return func(r row) bool { return !equalValues(r[i], value) }, nil
	}
	if value == nil {
		return nil, malformed("null cannot be compared by '%s'", operator)
	}
	return func(r row) bool {
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

func (p *soqlParser) in(i int, positive bool) (func(row) bool, error) {
	if err := p.expect("("); err != nil {
		return nil, err
	}
	// A set, since a list may be long and is met by every row.
	values := map[any]bool{}
	for {
		value, err := p.literal(p.schema[i])
		if err != nil {
			return nil, err
		}
		values[normalValue(value)] = true
		if !p.accept(",") {
			break
		}
	}
	return func(r row) bool { return values[normalValue(r[i])] == positive }, p.expect(")")
}

func (p *soqlParser) like(i int) (func(row) bool, error) {
	f := p.schema[i]
	if f.typ != stringField || p.words[0].kind != stringWord {
		return nil, &soqlError{"INVALID_QUERY_FILTER_OPERATOR", fmt.Sprintf("field '%s' cannot be filtered so with operator LIKE", f.name)}
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
			char, rest, err := unescapeSOQL(literal, true)
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
	return func(r row) bool {
		s, ok := r[i].(string)
		return ok && like.MatchString(s)
	}, nil
}

// literal parses a value that the field can be compared with.
func (p *soqlParser) literal(f field) (any, error) {
	word := p.words[0]
	quoted := word.kind == stringWord
	switch {
	case word.kind == endWord, word.kind == symbolWord:
		return nil, p.unexpected()
	case word.kind == nameWord && strings.EqualFold(word.text, "null"):
		p.next()
		return nil, nil
	case quoted != (f.typ == stringField || f.typ == idField):
		should := "should"
		if quoted {
			should = "should not"
		}
		return nil, &soqlError{"INVALID_FIELD", fmt.Sprintf("value of filter criterion for field '%s' must be of type %s and %s be enclosed in quotes", f.name, f.typ, should)}
	}
	p.next()

	value, err := parseLiteral(word, f.typ)
	if err != nil {
		return nil, err
	}
	if id, ok := value.(string); ok && f.typ == idField {
		if !recordIDPattern.MatchString(id) {
			return nil, &soqlError{"INVALID_QUERY_FILTER_OPERATOR", "invalid ID field: " + id}
		}
		return recordKey(id), nil
	}
	return value, nil
}

func parseLiteral(word soqlWord, typ fieldType) (any, error) {
	switch typ {
	case intField:
		if n, err := strconv.Atoi(word.text); err == nil {
			return n, nil
		}
	case booleanField:
		if b, err := strconv.ParseBool(strings.ToLower(word.text)); err == nil && word.kind == nameWord {
			return b, nil
		}
	case dateTimeField:
		for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05Z0700"} {
			if t, err := time.Parse(layout, word.text); err == nil {
				return t, nil
			}
		}
	default:
		return stringLiteral(word.text)
	}
	return nil, malformed("unexpected token: '%s'", word.text)
}

func stringLiteral(literal string) (string, error) {
	var result strings.Builder
	for literal != "" {
		char, rest, err := unescapeSOQL(literal, false)
		if err != nil {
			return "", err
		}
		result.WriteString(char)
		literal = rest
	}
	return result.String(), nil
}

// unescapeSOQL returns the first character of a literal and what follows it
// ("SOQL and SOSL Reference", "Quoted String Escape Sequences"). Only a pattern
// of LIKE may escape '%' and '_'.
func unescapeSOQL(literal string, pattern bool) (char, rest string, err error) {
	if literal[0] != '\\' {
		_, size := utf8.DecodeRuneInString(literal)
		return literal[:size], literal[size:], nil
	}
	escape, rest := literal[1], literal[2:] // The lexer leaves no lone backslash.
	switch escape {
	case 'n', 'N':
		return "\n", rest, nil
	case 'r', 'R':
		return "\r", rest, nil
	case 't', 'T':
		return "\t", rest, nil
	case 'b', 'B':
		return "\b", rest, nil
	case 'f', 'F':
		return "\f", rest, nil
	case '"', '\'', '\\':
		return string(escape), rest, nil
	case '%', '_':
		if pattern {
			return string(escape), rest, nil
		}
	case 'u', 'U':
		if len(rest) >= 4 {
			if code, err := strconv.ParseUint(rest[:4], 16, 16); err == nil && !utf16.IsSurrogate(rune(code)) {
				return string(rune(code)), rest[4:], nil
			}
		}
	}
	return "", "", malformed(`invalid string literal: illegal escape sequence '\%c'`, escape)
}

var recordIDPattern = regexp.MustCompile(`^[A-Za-z0-9]{15}([A-Za-z0-9]{3})?$`)

// A recordKey is a record ID. Its first 15 characters tell records apart, and
// their case counts, unlike that of other strings.
type recordKey string

// normalValue returns a comparable value: equal in SOQL is == in Go.
func normalValue(value any) any {
	switch v := value.(type) {
	case string:
		return strings.ToLower(v)
	case recordKey:
		return v[:15]
	case time.Time:
		return v.UnixMilli()
	default:
		return v
	}
}

func equalValues(a, b any) bool { return normalValue(a) == normalValue(b) }

// compareValues orders two values of one field, neither of them null.
func compareValues(a, b any) int {
	switch a := normalValue(a).(type) {
	case string:
		return compareAs(a, normalValue(b))
	case recordKey:
		return compareAs(a, normalValue(b))
	case int64:
		return compareAs(a, normalValue(b))
	case int:
		return compareAs(a, normalValue(b))
	}
	return 0
}

func compareAs[T cmp.Ordered](a T, b any) int {
	other, _ := b.(T)
	return cmp.Compare(a, other)
}
