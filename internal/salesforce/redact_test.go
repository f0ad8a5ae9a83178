package salesforce

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/url"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestClean(t *testing.T) {
	t.Parallel()
	lower := strings.NewReplacer("!", "%21", "_", "%5f", ".", "%2e").Replace(sampleToken)
	for _, test := range []struct{ name, text, want string }{
		{"plain", "expired access/refresh token", "expired access/refresh token"},
		{"raw", "no " + sampleToken + ", sorry", "no [redacted], sorry"},
		{"twice", sampleToken + sampleToken, "[redacted][redacted]"},
		{"query-escaped", url.QueryEscape(sampleToken), "[redacted]"},
		{"percent-encoded in lower case", lower, "[redacted]"},
		{"percent-encoded twice", url.QueryEscape(url.QueryEscape(sampleToken)), "[redacted]"},
		{"torn apart by a control character", sampleToken[:9] + "\x00" + sampleToken[9:], "[redacted]"},
		{"torn apart by an invisible character", sampleToken[:9] + "\u200b" + sampleToken[9:], "[redacted]"},
		{"torn apart by a line break", sampleToken[:9] + "\r\n" + sampleToken[9:], "[redacted]"},
		{"control characters", "a\x1b[31mb\x00c\u202e", "a[31mbc"},
		{"white space", " a\r\n\tb  c ", "a b c"},
		{"behind the cut", strings.Repeat("x", 190) + sampleToken, strings.Repeat("x", 190) + "[redacted]"},
		{"long", strings.Repeat("é", 300), strings.Repeat("é", 200) + "…"},

		{"empty", "", ""},
		{"invalid UTF-8", "\xff" + sampleToken + "\xc3", "\ufffd[redacted]\ufffd"},
		{"white space around it", "is\n" + sampleToken + "\nold", "is [redacted] old"},
		{"white space and control characters in a row", "a \x00 b", "a b"},

		{"every byte percent-encoded", percentEncoded(sampleToken), "[redacted]"},
		{"every byte percent-encoded twice", percentEncoded(percentEncoded(sampleToken)), "[redacted]"},
		{"percent-encoded many times", strings.Replace(sampleToken, "!", "%"+strings.Repeat("25", 999)+"21", 1), "[redacted]"},
		{"percent-encoded and torn apart", strings.Replace(sampleToken, "!", "%\n2\x001", 1), "[redacted]"},
		{"behind a percent sign", "9%" + sampleToken, "9%[redacted]"},
		{"behind half an escape", "%4" + sampleToken, "%4[redacted]"},
		{"behind many percent signs", strings.Repeat("%", 99) + sampleToken, strings.Repeat("%", 99) + "[redacted]"},

		{"JSON-escaped", `{"token":"` + strings.Replace(sampleToken, "!", `\u0021`, 1) + `"}`, `{"token":"[redacted]"}`},
		{"every byte JSON-escaped", jsonEscaped(sampleToken), "[redacted]"},
		{"JSON in JSON", `"{\"token\":\"` + strings.Replace(sampleToken, "!", `\\u0021`, 1) + `\"}"`, `"{\"token\":\"[redacted]\"}"`},
		{"JSON-escaped, then percent-encoded", url.QueryEscape(strings.Replace(sampleToken, "!", `\u0021`, 1)), "[redacted]"},
		{"percent-encoded, then JSON-escaped", strings.Replace(sampleToken, "!", `\u002521`, 1), "[redacted]"},
		{"every byte in both ways", jsonEscaped(percentEncoded(sampleToken)), "[redacted]"},
		{"behind half a JSON escape", `\u0` + sampleToken, `\u0[redacted]`},

		{"cut at the end", "no " + sampleToken[:30], "no [redacted]"},
		{"cut at the beginning", sampleToken[30:] + " is old", "[redacted] is old"},
		{"cut at both ends", "…" + sampleToken[10:30] + "…", "…[redacted]…"},
		{"cut at the end, percent-encoded", percentEncoded(sampleToken)[:100], "[redacted]%"},
		{"cut at the beginning, percent-encoded", percentEncoded(sampleToken)[34:], "66[redacted]"},
		{"a part left out", sampleToken[:20] + "..." + sampleToken[26:], "[redacted]...[redacted]"},
		{"the shortest fragment", sampleToken[:16], "[redacted]"},
		{"the org id", sampleToken[:15] + " is locked", sampleToken[:15] + " is locked"},
		{"a beginning, then the whole", sampleToken[:20] + sampleToken, "[redacted][redacted]"},

		{"cut in the middle of the replacement", strings.Repeat("x", 195) + sampleToken, strings.Repeat("x", 195) + "…"},
		{"a bracket at the cut", strings.Repeat("x", 199) + "[x", strings.Repeat("x", 199) + "…"},
		{"behind more than is read at first", strings.Repeat(" ", 5000) + sampleToken + " is old", "[redacted] is old"},
		{"behind the part that is read at first", strings.Repeat(" ", 16*shownLength-201) + strings.Repeat("x", 190) + sampleToken, strings.Repeat("x", 190) + "[redacted]"},
		{"behind many others", strings.Repeat(sampleToken+"\n", 999)[:900*47] + "is old", strings.Repeat("[redacted] ", 18) + "…"},
	} {
		if got := clean(test.text, sampleToken); got != test.want {
			t.Errorf("%s: clean(%q) = %q; want %q", test.name, test.text, got, test.want)
		}
	}
}

func TestCleanSecrets(t *testing.T) {
	t.Parallel()
	const secret = `q/3+"Zr\8%41=`
	for _, test := range []struct {
		name, text string
		secrets    []string
		want       string
	}{
		{"none", sampleToken, nil, sampleToken},
		{"empty", "expired", []string{""}, "expired"},
		{"nothing that can be seen", "expired\x00", []string{"\x00\n "}, "expired"},
		{"longer than the text", "expired", []string{sampleToken}, "expired"},
		{"several", "a " + sampleToken + secret, []string{sampleToken, secret}, "a [redacted][redacted]"},
		{"one in another", sampleToken, []string{sampleToken[5:40], sampleToken}, "[redacted]"},
		{"one that overlaps another", sampleToken, []string{sampleToken[:30], sampleToken[20:]}, "[redacted]"},
		{"a word of the replacement", sampleToken, []string{sampleToken, "redacted"}, "[redacted]"},

		{"raw, with the characters of escapes in it", "a" + secret + "b", []string{secret}, "a[redacted]b"},
		{"query-escaped, with the characters of escapes in it", url.QueryEscape(secret), []string{secret}, "[redacted]"},
		{"JSON-escaped, with the characters of escapes in it", `q\/3+\"Zr\\8%41=`, []string{secret}, "[redacted]"},
		{"JSON-escaped twice, with the characters of escapes in it", `q\\\/3\\u002b\\\"Zr\\\\8%41=`, []string{secret}, "[redacted]"},
		{"an escape at its end that the text completes", "hunter2hunter%2530", []string{"hunter2hunter%"}, "[redacted]%2530"},
		{"half an escape at its end", "hunter2hunter%41", []string{"hunter2hunter%4"}, "[redacted]%41"},
		{"escapes at its end that need each other", "hunter2hunter%%41b", []string{"hunter2hunter%%4"}, "[redacted]%%41b"},
		{"half a JSON escape at its end", `hunter2hunter\u0041`, []string{`hunter2hunter\u00`}, `[redacted]\u0041`},
		{"lines, JSON-escaped", `"-----BEGIN KEY-----\nMIIEvQIBADANBgkq\nhkiG9w0BAQEFAASC\n"`, []string{"-----BEGIN KEY-----\nMIIEvQIBADANBgkq\nhkiG9w0BAQEFAASC\n"}, `"[redacted]\n[redacted]\n[redacted]\n"`},
		{"lines, percent-encoded", "MIIEvQIBADAN%0D%0ABgkqhkiG9w0B", []string{"MIIEvQIBADAN\r\nBgkqhkiG9w0B\r\n"}, "[redacted]"},
		{"with an unprintable character in it", "no hunter2\u00adhunter2", []string{"hunter2\u00adhunter2"}, "no [redacted]"},
		{"other than ASCII", "no пароль-пароль", []string{"пароль-пароль"}, "no [redacted]"},
		{"in the middle of a character", "ꩃ\xa9\xc3\xa9\xc3\xa9\xc3\xa9", []string{"\xa9\xc3\xa9\xc3\xa9\xc3"}, "ꩃ�ééé"},

		{"part of a host name", "lookup test-org.my.salesforce.com: no such host", []string{"test"}, "lookup test-org.my.salesforce.com: no such host"},
		{"part of words", "latest test_run testé 9test .test", []string{"test"}, "latest test_run testé 9test .test"},
		{"a word", `test: "test" (test)`, []string{"test"}, `[redacted]: "[redacted]" ([redacted])`},
		{"a word, percent-encoded", "token=t%65st&x=y", []string{"test"}, "token=[redacted]&x=y"},
		{"seven characters, part of a word", "refreshed", []string{"refresh"}, "refreshed"},
		{"eight characters, part of a word", "refreshing", []string{"refreshi"}, "[redacted]ng"},
		{"four characters, escaped", "abcde", []string{"%61%62%63%64"}, "abcde"},
		{"shorter than a fragment, and cut", "hunter2hunter2", []string{"hunter2hunter2!"}, "hunter2hunter2"},
	} {
		if got := clean(test.text, test.secrets...); got != test.want {
			t.Errorf("%s: clean(%q, %q) = %q; want %q", test.name, test.text, test.secrets, got, test.want)
		}
	}
}

func percentEncoded(text string) string {
	var encoded strings.Builder
	for _, b := range []byte(text) {
		fmt.Fprintf(&encoded, "%%%02X", b)
	}
	return encoded.String()
}

func jsonEscaped(text string) string {
	var escaped strings.Builder
	for _, b := range []byte(text) {
		fmt.Fprintf(&escaped, `\u%04x`, b)
	}
	return escaped.String()
}

// FuzzClean puts a secret between two texts, in each of its forms. None may be
// shown, and no more than fits.
func FuzzClean(f *testing.F) {
	f.Add("error ", sampleToken, "", uint16(0))
	f.Add("100%", "0123456789abcdef", "%25", uint16(3000))
	f.Add("\x00 \xff", `q/3+"Zr\8%41=<`, `\u0`, uint16(3199))
	f.Fuzz(func(t *testing.T, before, secret, after string, padding uint16) {
		got := clean(strings.Repeat(" ", int(padding))+before+secret+after, secret)
		if n := utf8.RuneCountInString(got); n > shownLength+1 {
			t.Errorf("%d characters are shown", n)
		}
		if !utf8.ValidString(got) || strings.ContainsFunc(got, func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Errorf("%q is not fit to be shown", got)
		}
		if CheckToken(secret) != nil || newPattern(secret).wordsOnly {
			return
		}
		escaped, err := json.Marshal(secret)
		if err != nil {
			t.Fatal(err)
		}
		forms := []string{
			secret,
			url.QueryEscape(secret),
			url.QueryEscape(url.QueryEscape(secret)),
			percentEncoded(percentEncoded(secret)),
			string(escaped[1 : len(escaped)-1]),
			jsonEscaped(secret),
			jsonEscaped(percentEncoded(secret)),
			percentEncoded(jsonEscaped(secret)),
		}
		if len(secret) > fragmentLength && !strings.ContainsAny(secret, `%\`) {
			forms = append(forms, secret[1:], secret[:len(secret)-1])
		}
		for _, form := range forms {
			text := printable(before + form + after)
			got := withoutMarks(redact(text, []pattern{newPattern(secret)}))
			if strings.Contains(got, form) || strings.Contains(got, secret) {
				t.Errorf("redact(%q, %q) = %q shows the secret", text, secret, got)
			}
			padded := strings.Repeat(" ", int(padding)) + text
			if got := withoutMarks(clean(padded, secret)); strings.Contains(got, form) || strings.Contains(got, secret) {
				t.Errorf("%d spaces and %q: clean shows %q of %q", padding, text, got, secret)
			}
		}
	})
}

// FuzzCleanAgainstPattern compares clean with the regular expression that it
// used before, which must find nothing in what clean leaves. Each byte of how
// chooses a form for one byte of the secret.
func FuzzCleanAgainstPattern(f *testing.F) {
	f.Add("error ", sampleToken, " ", []byte{0})
	f.Add("100%", "0123456789abcdef", "%25", []byte{0, 1, 2, 3, 4, 5})
	f.Add(`\u00`, `q/3+"Zr\8%41=%`, "30", []byte{11, 0, 0, 7, 0})
	f.Fuzz(func(t *testing.T, before, secret, after string, how []byte) {
		if len(secret) > 200 || CheckToken(secret) != nil || newPattern(secret).wordsOnly {
			return
		}
		text := before
		for i, b := range []byte(secret) {
			choice := byte(0)
			if len(how) > 0 {
				choice = how[i%len(how)]
			}
			text += []string{"", "\n", "\x00", "\u200b"}[choice/4%4]
			switch choice % 4 {
			case 0:
				text += string(b)
			case 1:
				text += fmt.Sprintf("%%%02x", b)
			case 2:
				text += fmt.Sprintf("%%25%02X", b)
			case 3:
				text += fmt.Sprintf("%%252525%02x", b)
			}
		}
		text += after
		old := secretPattern(secret)
		if !old.MatchString(text) {
			t.Fatalf("%q holds %q in no form that was found before", text, secret)
		}
		if found := old.FindString(withoutMarks(redact(printable(text), []pattern{newPattern(secret)}))); found != "" {
			t.Errorf("redact(%q, %q) shows %q", text, secret, found)
		}
		if found := old.FindString(withoutMarks(clean(text, secret))); found != "" {
			t.Errorf("clean(%q, %q) shows %q", text, secret, found)
		}
	})
}

// withoutMarks puts a character that no token has in the place of each
// "[redacted]": a secret that looks like a part of that is not shown by it.
func withoutMarks(text string) string { return strings.ReplaceAll(text, redacted, "é") }

// secretPattern matches a secret as it is and with any of its bytes
// percent-encoded, once or several times over, even where characters that are
// not shown stand in between.
func secretPattern(secret string) *regexp.Regexp {
	var pattern strings.Builder
	for i, r := range secret {
		if i > 0 {
			pattern.WriteString(`[\s\pC]*`)
		}
		var encoded strings.Builder
		for _, b := range []byte(string(r)) {
			fmt.Fprintf(&encoded, `%%(?:25)*%02x`, b)
		}
		fmt.Fprintf(&pattern, `(?:%s|(?i:%s))`, regexp.QuoteMeta(string(r)), &encoded)
	}
	return regexp.MustCompile(pattern.String())
}

// TestCleanLong runs alone: it counts what the whole process allocates. Twice
// the input may cost about twice as much, and no more than 150 times its size.
func TestCleanLong(t *testing.T) {
	const size = 128 << 10
	random := randomToken(size)
	for _, test := range []struct{ name, text, secret string }{
		{"nothing but the secret", random, random},
		{"a short secret over and over", strings.Repeat(sampleToken, size/len(sampleToken)+1), sampleToken},
		{"percent signs", strings.Repeat("%", size), sampleToken},
		{"backslashes", strings.Repeat(`\`, size), sampleToken},
		{"one escape", "%" + strings.Repeat("25", size/2), sampleToken},
		{"escapes that need each other", strings.Repeat("%", size/3) + strings.Repeat("3", size*2/3+1), sampleToken},
		{"white space", strings.Repeat(" ", size), sampleToken},
		{"words", strings.Repeat("x ", size/2), strings.Repeat("x", size)},
	} {
		both := func(size int) func() {
			text, secret := test.text[:size], test.secret[:min(size, len(test.secret))]
			return func() {
				clean(text, secret)
				redact(text, []pattern{newPattern(secret)}) // reads all of it
			}
		}
		half, whole := allocated(both(size/2)), allocated(both(size))
		if whole > half*5/2 || whole > 200*size {
			t.Errorf("%s: %d bytes allocated for %d, %d for %d", test.name, half, size/2, whole, size)
		}
	}

	text := strings.Repeat("x", 8<<20)
	if got := allocated(func() { clean(text, sampleToken) }); got > 1<<20 {
		t.Errorf("%d bytes allocated for the beginning of a long text", got)
	}
}

func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

func TestCleanLongSecret(t *testing.T) {
	t.Parallel()
	token := randomToken(1 << 20)
	text := token[1000:2000] + " " + token + strings.Repeat(" is old", 64<<10/7)
	want := "[redacted] [redacted]" + strings.Repeat(" is old", 25) + " is …"
	if got := clean(text, token); got != want {
		t.Errorf("got %.300q; want %q", got, want)
	}
}

func BenchmarkClean(b *testing.B) {
	long := randomToken(1 << 20)
	for _, bench := range []struct{ name, text, secret string }{
		{"message", "expired access/refresh token", sampleToken},
		{"token", "no " + sampleToken + ", sorry", sampleToken},
		{"page=64KiB", strings.Repeat("<br>\n", 64<<10/5), sampleToken},
		{"page=8MiB", strings.Repeat("<br>\n", 8<<20/5), sampleToken},
		{"tokens=64KiB", strings.Repeat(sampleToken[1:], 64<<10/len(sampleToken)), sampleToken},
		{"secret=64KiB", long[:64<<10], long[:64<<10]},
		{"secret=1MiB", long, long},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(bench.text)))
			for b.Loop() {
				clean(bench.text, bench.secret)
			}
		})
	}
}

// randomToken returns a token in which no fragment comes twice.
func randomToken(length int) string {
	random := make([]byte, length/2)
	_, _ = rand.NewChaCha8([32]byte{}).Read(random) // never fails
	return hex.EncodeToString(random)
}
