package salesforce

import (
	"encoding/hex"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// shownLength is how many characters of a server's text are shown.
	shownLength = 200

	// fragmentLength is how many consecutive characters of a secret must not be
	// shown, so that a secret that was cut is found too. Every access token
	// begins with the 15 characters of the org ID, which messages may mention.
	fragmentLength = 16

	// wordLength is how long a secret must be to be replaced inside a word. If
	// somebody tries "test" as a token, host names stay readable.
	wordLength = 8

	redacted = "[redacted]"
)

// clean makes text from a server fit to be shown. It folds whitespace, removes
// unprintable characters, replaces secrets with "[redacted]", and cuts the
// result to shownLength characters.
//
// It finds a secret raw, percent-encoded or JSON-escaped, wholly or in part and
// any number of times over, with whitespace inside it, and cut at either end.
// Time and memory are linear in the length of the text and the secrets.
//
// It starts with the beginning of the text and doubles that part until twice as
// much as needed can be shown. So the end of the part, where a secret may be cut
// to a fragment that is too short to be found, is never shown.
func clean(text string, secrets ...string) string {
	var patterns []pattern
	for _, secret := range secrets {
		if p := newPattern(secret); p.length > 0 {
			patterns = append(patterns, p)
		}
	}
	for size := 16 * shownLength; ; size *= 2 {
		part := text[:min(size, len(text))]
		shown := []rune(redact(printable(part), patterns))
		if len(part) == len(text) || len(shown) > 2*shownLength {
			return shorten(shown)
		}
	}
}

// printable folds whitespace and removes unprintable characters. It runs before
// the search for secrets because removing characters can join the parts of one.
func printable(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsPrint(r):
			return r
		}
		return -1
	}, text)
	return strings.Join(strings.Fields(text), " ")
}

// shorten cuts text to shownLength characters, and drops a "[redacted]" that the
// cut would split.
func shorten(text []rune) string {
	if len(text) <= shownLength {
		return string(text)
	}
	short := string(text[:shownLength])
	for i := range redacted {
		short = strings.TrimSuffix(short, redacted[:i])
	}
	return short + "…"
}

// A reading is a text with all its escapes decoded, however deeply nested. It is
// a stack that the bytes of the text are pushed onto from the last to the first.
// When a "%" is pushed, whatever follows it in the text is already decoded and
// on top of the stack: if that is two hexadecimal digits, the character that
// they stand for takes their place. Each byte is pushed once, so the time is
// linear.
//
// After each push, the top of the stack is the text decoded from that byte on.
// This finds a secret that begins with hexadecimal digits and follows a "%".
//
// Whitespace, control characters, and backslashes that begin no escape are not
// part of the reading. Secrets are compared without them.
type reading struct {
	chars []byte // the last one comes first in the text
	ends  []int  // where in the text the source of each of chars ends
}

func newReading(size int) *reading {
	return &reading{make([]byte, 0, size), make([]int, 0, size)}
}

// push adds the byte before end, and reports whether a character begins there.
func (r *reading) push(c byte, end int) bool {
	for {
		decoded, length := r.escape(c)
		if length == 0 {
			break
		}
		rest := len(r.chars) - length
		c, end = decoded, r.ends[rest]
		r.chars, r.ends = r.chars[:rest], r.ends[:rest]
	}
	if c <= ' ' || c == '\\' {
		return false
	}
	r.chars, r.ends = append(r.chars, c), append(r.ends, end)
	return true
}

// escape decodes %hh or \u00hh, of which c is the first character and the top of
// the stack the rest. The length of the rest is 0 if there is no such escape.
func (r *reading) escape(c byte) (decoded byte, length int) {
	n := len(r.chars)
	if c == '%' && n >= 2 {
		length = 2
	} else if c == '\\' && n >= 5 && string(r.chars[n-3:]) == "00u" {
		length = 5
	} else {
		return 0, 0
	}
	var value [1]byte
	digits := []byte{r.chars[n-length+1], r.chars[n-length]}
	if _, err := hex.Decode(value[:], digits); err != nil {
		return 0, 0
	}
	return value[0], length
}

// A pattern finds a secret by its fragments: every run of length characters in
// the secret's reading. The whole secret is a series of overlapping fragments.
type pattern struct {
	length    int                 // 0 if the secret has no characters to look for
	fragments map[string]struct{} // in the order of a reading
	wordsOnly bool                // leave longer words alone
}

// openEscape matches incomplete escapes at the end of a secret, which is where
// its reading starts. The text after the secret may complete them, and so change
// how they read.
var openEscape = lazyRegexp(`^(?:[[:xdigit:]]?%|[[:xdigit:]]{0,3}u)+`)

func newPattern(secret string) pattern {
	secret = printable(secret)
	r := newReading(len(secret))
	for i := len(secret) - 1; i >= 0; i-- {
		r.push(secret[i], i+1)
	}
	chars := string(r.chars)
	if strings.ContainsAny(secret, `%\`) {
		chars = chars[len(openEscape().FindString(chars)):]
	}
	length := min(len(chars), fragmentLength)
	p := pattern{length, make(map[string]struct{}, len(chars)-length+1), len(chars) < wordLength}
	for i := range len(chars) - length + 1 {
		p.fragments[chars[i:i+length]] = struct{}{}
	}
	return p
}

// find returns the end of the fragment on top of the stack, which begins at
// start, or 0 if there is none.
func (p pattern) find(text string, start int, r *reading) (end int) {
	first := len(r.chars) - p.length
	if first < 0 {
		return 0
	}
	if _, found := p.fragments[string(r.chars[first:])]; !found {
		return 0
	}
	end = r.ends[first]
	if p.wordsOnly && !isWord(text, start, end) {
		return 0
	}
	return end
}

// isWord reports whether text[start:end] is not part of a longer word or name.
func isWord(text string, start, end int) bool {
	before, _ := utf8.DecodeLastRuneInString(text[:start])
	after, _ := utf8.DecodeRuneInString(text[end:])
	return !inWord(before) && !inWord(after)
}

func inWord(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("-_.", r)
}

// redact replaces what the patterns find. Fragments that overlap become one
// "[redacted]".
func redact(text string, patterns []pattern) string {
	type span struct{ start, end int }
	var spans []span // from the last to the first
	r := newReading(len(text))
	for start := len(text) - 1; start >= 0; start-- {
		if !r.push(text[start], start+1) {
			continue
		}
		for _, p := range patterns {
			end := p.find(text, start, r)
			if end == 0 {
				continue
			}
			for len(spans) > 0 && spans[len(spans)-1].start < end {
				end = max(end, spans[len(spans)-1].end)
				spans = spans[:len(spans)-1]
			}
			spans = append(spans, span{start, end})
		}
	}
	var result strings.Builder
	shown := 0
	for _, s := range slices.Backward(spans) {
		result.WriteString(text[shown:s.start] + redacted)
		shown = s.end
	}
	return result.String() + text[shown:]
}
