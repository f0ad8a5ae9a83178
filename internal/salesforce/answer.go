package salesforce

import (
	"bytes"
	"encoding/json"
	"net/url"
)

// fields returns the members of the JSON object that the body is, as far as it
// goes: an answer that breaks off may hold a token all the same.
func (a *answer) fields() map[string]any {
	decoder := json.NewDecoder(bytes.NewReader(a.body))
	decoder.UseNumber()
	if start, err := decoder.Token(); err != nil || start != json.Delim('{') {
		return nil
	}
	fields := make(map[string]any)
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return fields
		}
		var value any
		if err := decoder.Decode(&value); err != nil {
			return fields
		}
		if name, ok := name.(string); ok {
			fields[name] = value
		}
	}
	return fields
}

// oauthError returns error and error_description of the body, which Salesforce
// sends form-encoded from the revoke endpoint and as JSON from others.
func (a *answer) oauthError() (code, description string) {
	if a.err != nil {
		return "", ""
	}
	body := bytes.TrimSpace(a.body)
	if bytes.HasPrefix(body, []byte("{")) {
		if !json.Valid(body) {
			return "", ""
		}
		fields := a.fields()
		value, failed := fields["error"]
		if !failed {
			return "", ""
		}
		description, _ = fields["error_description"].(string)
		if code, _ = value.(string); code == "" {
			code = "error" // of a form that we do not know, but an error
		}
		return code, description
	}
	// Only a body that starts so: an HTML page could hold "error=" as well.
	if !bytes.HasPrefix(body, []byte("error")) {
		return "", ""
	}
	fields, _ := url.ParseQuery(string(body)) // what can be read of it counts
	return fields.Get("error"), fields.Get("error_description")
}

// apiError returns errorCode and message of the first of the errors that the
// REST API sends as an array.
func (a *answer) apiError() (code, description string) {
	var list []struct{ ErrorCode, Message string }
	if err := json.Unmarshal(a.body, &list); err != nil || len(list) == 0 {
		return "", ""
	}
	return list[0].ErrorCode, list[0].Message
}

// failure is the error of an answer that is not what was asked for.
func (a *answer) failure() error {
	if a.status >= 300 && a.status < 400 {
		target, err := url.Parse(a.header.Get("Location"))
		if err != nil {
			target = &url.URL{}
		}
		return &RedirectError{Status: a.status, Host: a.clean(target.Host)}
	}
	code, description := a.oauthError()
	if code == "" {
		code, description = a.apiError()
	}
	wait, _ := a.retryAfter()
	return &ResponseError{
		Status:      a.status,
		Code:        a.clean(code),
		Description: a.clean(description),
		Attempts:    a.attempts,
		RetryAfter:  wait,
		BrokenOff:   a.brokenOff(),
	}
}

// unexpected is the error of an answer that has the status of success only.
func (a *answer) unexpected() error {
	return &UnexpectedAnswerError{ContentType: a.clean(a.header.Get("Content-Type"))}
}
