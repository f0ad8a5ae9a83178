package soql

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// A word is a lexical token.
type word struct {
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

var lexer = regexp.MustCompile(`(?s)^(?:([A-Za-z][A-Za-z0-9_.]*)|'((?:[^'\\]|\\.)*)'|([0-9+-][0-9A-Za-z:.+-]*)|([<>!]=|<>|[=<>(),]))`)

func lex(text string) ([]word, error) {
	if !utf8.ValidString(text) {
		return nil, malformed("the query is not UTF-8")
	}
	var words []word
	for {
		text = strings.TrimLeft(text, " \t\r\n")
		if text == "" {
			return append(words, word{"<EOF>", endWord}), nil
		}
		match := lexer.FindStringSubmatchIndex(text)
		if match == nil {
			first, _ := utf8.DecodeRuneInString(text)
			return nil, malformed("no viable alternative at character '%c'", first)
		}
		for kind := nameWord; kind <= symbolWord; kind++ {
			if start := match[2*int(kind)]; start >= 0 {
				words = append(words, word{text[start:match[2*int(kind)+1]], kind})
			}
		}
		text = text[match[1]:]
	}
}
