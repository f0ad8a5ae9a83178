package salesforce

import (
	"bytes"
	"encoding/json"
	"net/url"
)

// oauthError returns error and error_description of the body, which Salesforce
// sends form-encoded from the revoke endpoint and as JSON from others.
func (a *answer) oauthError() (code, description string) {
	body := bytes.TrimSpace(a.body)
	if bytes.HasPrefix(body, []byte("{")) {
		var fields map[string]any
		if err := json.Unmarshal(body, &fields); err != nil {
			return "", ""
		}
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
	wait, _ := retryAfter(a.header)
	return &ResponseError{
		Status:      a.status,
		Code:        a.clean(code),
		Description: a.clean(description),
		Attempts:    a.call.attempts,
		RetryAfter:  wait,
	}
}

// unexpected is the error of an answer that has the status of success only.
func (a *answer) unexpected() error {
	return &UnexpectedAnswerError{ContentType: a.clean(a.header.Get("Content-Type"))}
}

func (a *answer) clean(text string) string { return clean(text, a.call.secrets...) }
