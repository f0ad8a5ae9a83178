package soql

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"
)

// literal parses a value that the field can be compared with.
func (p *parser) literal(f Field) (any, error) {
	word := p.words[0]
	quoted := word.kind == stringWord
	switch {
	case word.kind == endWord, word.kind == symbolWord:
		return nil, p.unexpected()
	case word.kind == nameWord && strings.EqualFold(word.text, "null"):
		p.next()
		return nil, nil
	case quoted != (f.Type == String || f.Type == ID):
		should := "should"
		if quoted {
			should = "should not"
		}
		return nil, &Error{"INVALID_FIELD", fmt.Sprintf("value of filter criterion for field '%s' must be of type %s and %s be enclosed in quotes", f.Name, f.Type, should)}
	}
	p.next()

	value, err := parseLiteral(word, f.Type)
	if err != nil {
		return nil, err
	}
	if id, ok := value.(string); ok && f.Type == ID {
		if !recordIDPattern.MatchString(id) {
			return nil, &Error{"INVALID_QUERY_FILTER_OPERATOR", "invalid ID field: " + id}
		}
		return RecordID(id), nil
	}
	return value, nil
}

func parseLiteral(word word, typ Type) (any, error) {
	switch typ {
	case Int:
		if n, err := strconv.Atoi(word.text); err == nil {
			return n, nil
		}
	case Boolean:
		if b, err := strconv.ParseBool(strings.ToLower(word.text)); err == nil && word.kind == nameWord {
			return b, nil
		}
	case DateTime:
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
		char, rest, err := unescape(literal, false)
		if err != nil {
			return "", err
		}
		result.WriteString(char)
		literal = rest
	}
	return result.String(), nil
}

// unescape returns the first character of a literal and what follows it
// ("SOQL and SOSL Reference", "Quoted String Escape Sequences"). Only a pattern
// of LIKE may escape '%' and '_'.
func unescape(literal string, pattern bool) (char, rest string, err error) {
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
