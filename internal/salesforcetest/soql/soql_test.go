package soql

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

var testObjects = []Object{{"Thing", []Field{
	{"Id", ID}, {"Name", String}, {"Size", Int}, {"Born", DateTime}, {"Odd", Boolean},
}}}

func testRows() []Row {
	day := func(n int) time.Time { return time.Date(2030, 1, n, 0, 0, 0, 0, time.UTC) }
	return []Row{
		{RecordID("005000000000001AAA"), "Ann", 3, day(1), true},
		{RecordID("005000000000002AAA"), "bob", 2, day(2), false},
		{RecordID("00500000000000aAAB"), `O'Brien \ Söhne`, 1, nil, true},
		{nil, "50%_off\n", 2, day(4), false},
		{RecordID("00500000000000AAAX"), nil, 5, day(5), true},
	}
}

func TestRun(t *testing.T) {
	t.Parallel()
	// A row is told by its place in testRows.
	for query, want := range map[string]string{
		`SELECT Id FROM Thing`:                "01234",
		"select\n\tid ,NAME  from\r\nthing\n": "01234",

		`SELECT Id FROM Thing WHERE Name = 'Ann'`:                         "0",
		`SELECT Id FROM Thing WHERE Name='ANN'`:                           "0",
		`SELECT Id FROM Thing WHERE Name != 'Ann'`:                        "1234",
		`SELECT Id FROM Thing WHERE Name <> 'Ann'`:                        "1234",
		`SELECT Id FROM Thing WHERE Name = null`:                          "4",
		`SELECT Id FROM Thing WHERE Name != NULL`:                         "0123",
		`SELECT Id FROM Thing WHERE Name > 'ann'`:                         "12",
		`SELECT Id FROM Thing WHERE Name = 'O\'Brien \\ Söhne'`:           "2",
		`SELECT Id FROM Thing WHERE Name = '\u004f\'Brien \\ S\u00F6hne'`: "2",
		`SELECT Id FROM Thing WHERE Name = '50%_off\n'`:                   "3",
		`SELECT Id FROM Thing WHERE Name = ''`:                            "",

		`SELECT Id FROM Thing WHERE Name LIKE 'B%'`:             "1",
		`SELECT Id FROM Thing WHERE Name LIKE '_nn'`:            "0",
		`SELECT Id FROM Thing WHERE Name LIKE '%\%\_%'`:         "3",
		`SELECT Id FROM Thing WHERE Name LIKE '%.%'`:            "",
		`SELECT Id FROM Thing WHERE Name LIKE '%\\%'`:           "2",
		`SELECT Id FROM Thing WHERE NOT Name LIKE '%'`:          "4",
		`SELECT Id FROM Thing WHERE Name IN ('ann','BOB')`:      "01",
		`SELECT Id FROM Thing WHERE Name IN ('Ann', null)`:      "04",
		`SELECT Id FROM Thing WHERE Name NOT IN ('Ann', 'Bob')`: "234",
		`SELECT Id FROM Thing WHERE Id IN ('005000000000001')`:  "0",
		`SELECT Id FROM Thing WHERE Id = '005000000000002AAA'`:  "1",
		`SELECT Id FROM Thing WHERE Id = '00500000000000a'`:     "2",
		`SELECT Id FROM Thing WHERE Id = '00500000000000A'`:     "4",
		`SELECT Id FROM Thing WHERE Id = null`:                  "3",

		`SELECT Id FROM Thing WHERE Size = 2`:   "13",
		`SELECT Id FROM Thing WHERE Size < 2`:   "2",
		`SELECT Id FROM Thing WHERE Size <= 2`:  "123",
		`SELECT Id FROM Thing WHERE Size > 2`:   "04",
		`SELECT Id FROM Thing WHERE Size >= 2`:  "0134",
		`SELECT Id FROM Thing WHERE Size > -1`:  "01234",
		`SELECT Id FROM Thing WHERE Odd = TRUE`: "024",

		`SELECT Id FROM Thing WHERE Born < 2030-01-02T00:00:00Z`:                "0",
		`SELECT Id FROM Thing WHERE Born <= 2030-01-02T01:00:00.000+01:00`:      "01",
		`SELECT Id FROM Thing WHERE Born = 2030-01-02T00:00:00.000+0000`:        "1",
		`SELECT Id FROM Thing WHERE Born = null`:                                "2",
		`SELECT Id FROM Thing WHERE Born = null OR Born < 2030-01-02T00:00:00Z`: "02",

		`SELECT Id FROM Thing WHERE Size = 2 AND Name = 'bob'`:                     "1",
		`SELECT Id FROM Thing WHERE Size = 1 OR Name = 'bob' OR Name = 'ann'`:      "012",
		`SELECT Id FROM Thing WHERE (Size = 2 OR Size = 3) AND (NOT Name = 'bob')`: "03",
		`SELECT Id FROM Thing WHERE NOT (Size = 2 OR Size = 3)`:                    "24",
		`SELECT Id FROM Thing WHERE ((Size = 5))`:                                  "4",

		`SELECT Id FROM Thing ORDER BY Name`:                      "43012",
		`SELECT Id FROM Thing ORDER BY Name NULLS LAST`:           "30124",
		`SELECT Id FROM Thing ORDER BY Name DESC NULLS LAST`:      "21034",
		`SELECT Id FROM Thing ORDER BY Born DESC NULLS FIRST`:     "24310",
		`SELECT Id FROM Thing ORDER BY Size ASC, Name DESC`:       "21304",
		`SELECT Id FROM Thing ORDER BY Id`:                        "30142",
		`SELECT Id FROM Thing LIMIT 2`:                            "01",
		`SELECT Id FROM Thing LIMIT 0`:                            "",
		`SELECT Id FROM Thing LIMIT 2 OFFSET 4`:                   "4",
		`SELECT Id FROM Thing OFFSET 9`:                           "",
		`SELECT COUNT() FROM Thing WHERE Size = 2`:                "13",
		`SELECT Id FROM Thing WHERE Size=2 ORDER BY Name LIMIT 1`: "3",
	} {
		t.Run(query, func(t *testing.T) {
			t.Parallel()
			q, err := Parse(query, testObjects)
			if err != nil {
				t.Fatal(err)
			}
			rows := testRows()
			for i := range rows {
				rows[i] = append(rows[i], string(rune('0'+i)))
			}
			var got strings.Builder
			for _, r := range q.Run(rows) {
				place, _ := r[len(r)-1].(string)
				got.WriteString(place)
			}
			if got.String() != want {
				t.Errorf("found %q, want %q", got.String(), want)
			}
		})
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]string{
		``:                            "MALFORMED_QUERY",
		`SELECT`:                      "MALFORMED_QUERY",
		`SELECT FROM Thing`:           "MALFORMED_QUERY",
		`SELECT Id, FROM Thing`:       "MALFORMED_QUERY",
		`SELECT * FROM Thing`:         "MALFORMED_QUERY",
		`SELECT COUNT(Id) FROM Thing`: "MALFORMED_QUERY",
		`DELETE FROM Thing`:           "MALFORMED_QUERY",
		`SELECT Id FROM`:              "MALFORMED_QUERY",
		`SELECT Id FROM Thing; DROP`:  "MALFORMED_QUERY",
		`SELECT Id FROM Thing WHERE`:  "MALFORMED_QUERY",
		`SELECT Id FROM Thing Thing`:  "MALFORMED_QUERY",
		"SELECT Id FROM Thing WHERE Name = '\xff'": "MALFORMED_QUERY",

		`SELECT Id FROM Thing WHERE Name = 'O'Brien'`:                  "MALFORMED_QUERY",
		`SELECT Id FROM Thing WHERE Name = 'open`:                      "MALFORMED_QUERY",
		`SELECT Id FROM Thing WHERE Name = 'open\'`:                    "MALFORMED_QUERY",
		`SELECT Id FROM Thing WHERE Name = '\x'`:                       "MALFORMED_QUERY",
		`SELECT Id FROM Thing WHERE Name = '\%'`:                       "MALFORMED_QUERY",
		`SELECT Id FROM Thing WHERE Name = '\u12'`:                     "MALFORMED_QUERY",
		`SELECT Id FROM Thing WHERE Name LIKE '\x'`:                    "MALFORMED_QUERY",
		`SELECT Id FROM Thing WHERE Name`:                              "MALFORMED_QUERY",
		`SELECT Id FROM Thing WHERE Name =`:                            "MALFORMED_QUERY",
		`SELECT Id FROM Thing WHERE Name == 'x'`:                       "MALFORMED_QUERY",
		`SELECT Id FROM Thing WHERE Name < null`:                       "MALFORMED_QUERY",
		`SELECT Id FROM Thing WHERE Name IN ()`:                        "MALFORMED_QUERY",
		`SELECT Id FROM Thing WHERE Name IN 'x'`:                       "MALFORMED_QUERY",
		`SELECT Id FROM Thing WHERE Name IN ('x'`:                      "MALFORMED_QUERY",
		`SELECT Id FROM Thing WHERE (Size = 1`:                         "MALFORMED_QUERY",
		`SELECT Id FROM Thing WHERE Size = 1 AND Size = 2 OR Size = 3`: "MALFORMED_QUERY",
		`SELECT Id FROM Thing WHERE Size = 1 OR Size = 2 AND Size = 3`: "MALFORMED_QUERY",
		`SELECT Id FROM Thing WHERE Size = 1.x`:                        "MALFORMED_QUERY",
		`SELECT Id FROM Thing WHERE Born > 2030-01-02`:                 "MALFORMED_QUERY",
		`SELECT Id FROM Thing WHERE Odd = 1`:                           "MALFORMED_QUERY",
		`SELECT Id FROM Thing LIMIT -1`:                                "MALFORMED_QUERY",
		`SELECT Id FROM Thing LIMIT x`:                                 "MALFORMED_QUERY",
		`SELECT Id FROM Thing OFFSET 1 LIMIT 1`:                        "MALFORMED_QUERY",
		`SELECT Id FROM Thing ORDER BY`:                                "MALFORMED_QUERY",

		`SELECT Id FROM Other`:                           "INVALID_TYPE",
		`SELECT Other FROM Thing`:                        "INVALID_FIELD",
		`SELECT Id FROM Thing WHERE Other = 1`:           "INVALID_FIELD",
		`SELECT Id FROM Thing ORDER BY Other`:            "INVALID_FIELD",
		`SELECT Id FROM Thing WHERE Name = 1`:            "INVALID_FIELD",
		`SELECT Id FROM Thing WHERE Size = '1'`:          "INVALID_FIELD",
		`SELECT Id FROM Thing WHERE Born > '2030-01-02'`: "INVALID_FIELD",
		`SELECT Id FROM Thing WHERE Id = 'x'`:            "INVALID_QUERY_FILTER_OPERATOR",
		`SELECT Id FROM Thing WHERE Id LIKE '005%'`:      "INVALID_QUERY_FILTER_OPERATOR",
	} {
		t.Run(query, func(t *testing.T) {
			t.Parallel()
			_, err := Parse(query, testObjects)
			var soqlErr *Error
			if !errors.As(err, &soqlErr) || soqlErr.Code != want {
				t.Errorf("got %v, want %s", err, want)
			}
		})
	}
}

// What a query uses is known before it runs, and what it does not use is told
// from a zero.
func TestWhatAQueryUses(t *testing.T) {
	t.Parallel()
	q, err := Parse(`SELECT Name FROM thing WHERE name > 'a' AND NOT (Size IN (1) OR Born <= 2030-01-01T00:00:00Z) ORDER BY odd DESC, id LIMIT 0 OFFSET 0`, testObjects)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(q.Ranges, []string{"Name", "Born"}) ||
		!slices.Equal(q.OrderBy, []string{"Odd", "Id"}) || q.Limit == nil || q.Offset == nil || q.Count || q.Object.Name != "Thing" {
		t.Errorf("the query uses %+v", q)
	}
	q, err = Parse(`SELECT COUNT() FROM Thing WHERE Name = 'a'`, testObjects)
	if err != nil || !q.Count || q.Selected != nil || q.Ranges != nil || q.OrderBy != nil || q.Limit != nil || q.Offset != nil {
		t.Errorf("the query uses %+v, %v", q, err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(`SELECT Id, Name FROM Thing WHERE (Name LIKE 'a\_%' OR NOT Size IN (1, null)) AND Born > 2030-01-02T00:00:00Z ORDER BY Id DESC LIMIT 1 OFFSET 1`)
	f.Add(`SELECT COUNT() FROM Thing WHERE Name = '\u00f6\'\\'`)
	f.Fuzz(func(t *testing.T, query string) {
		q, err := Parse(query, testObjects)
		var soqlErr *Error
		switch {
		case err == nil:
			q.Run(testRows())
		case !errors.As(err, &soqlErr):
			t.Errorf("%v is no error of the API", err)
		}
	})
}
