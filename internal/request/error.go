package request

import (
	"errors"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/tokengate/tokengate/internal/source"
)

// RuleUncounted is the id of the diagnostic that an Error becomes.
const RuleUncounted = "request-uncounted"

// Rules documents the rule ids of request bodies.
var Rules = []source.Rule{{
	ID:      RuleUncounted,
	Summary: "a request body holds something whose tokens cannot be counted from it",
	Explain: `A request is counted whole or not at all. The body may be none of the three that are known (OpenAI Chat Completions,
OpenAI Responses, Anthropic Messages), may not be JSON, or may hold a part whose tokens it does not tell: a PDF, a file
by id, audio, encrypted reasoning, a tool the provider defines, a conversation the provider keeps. The message has the
JSON pointer. Leave the part out to count the rest, or ask the provider's own count endpoint.`,
}}

// Error says what in a request body cannot be counted, and where. The user wrote or recorded it so: it is for a
// diagnostic, not a failure of the machine.
type Error struct {
	Pointer string // JSON Pointer (RFC 6901) of the value, relative to the body that was decoded; "" is the body itself
	Offset  int64  // of the value's first byte in the body; of a syntax error, the byte it was noticed at
	Problem string // what is wrong with it: lower case, no full stop
	Hint    string // what can be done about it; may be empty
}

func (e *Error) Error() string {
	if e.Pointer == "" {
		return "request body: " + e.Problem
	}
	return fmt.Sprintf("request body at %s: %s", e.Pointer, e.Problem)
}

// notJSON turns what the JSON decoder says into an Error.
func notJSON(err error) error {
	var syntax *jsontext.SyntacticError
	if errors.As(err, &syntax) {
		problem := "not JSON: " + strings.TrimPrefix(syntax.Err.Error(), "jsontext: ")
		return &Error{Pointer: string(syntax.JSONPointer), Offset: syntax.ByteOffset, Problem: problem}
	}
	return &Error{Problem: "not JSON: it ends too early"}
}
