package traffic

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// Redactor takes out of calls what says who made them and with what text, so that a recording can be committed. Ids,
// users and sessions become keyed hashes: equal ones stay equal, across files that were redacted with one key, so that
// calls still count once and budgets per user and session still hold. Variables of templates are dropped. What a replay
// needs stays as it is: times, labels (the names of subagents and skills are those of files in the repository), models, tokens, latencies, outcomes.
type Redactor struct{ key []byte }

// MinRedactKey is the shortest key, in bytes: users are few enough to be guessed, so the key must not be.
const MinRedactKey = 16

// NewRedactor makes a redactor with a secret key.
func NewRedactor(key []byte) (*Redactor, error) {
	if len(key) < MinRedactKey {
		return nil, fmt.Errorf("the key has %d bytes, and %d are needed", len(key), MinRedactKey)
	}
	return &Redactor{key}, nil
}

// Redact changes the call.
func (r *Redactor) Redact(c *Call) {
	c.ID, c.User, c.Session = r.hash("id", c.ID), r.hash("user", c.User), r.hash("session", c.Session)
	c.Vars, c.Prompt, c.Place = nil, nil, Place{}
}

// hash is 64 bits of HMAC-SHA-256 over what the value is and the value; "" stays "".
func (r *Redactor) hash(what, value string) string {
	if value == "" {
		return ""
	}
	m := hmac.New(sha256.New, r.key)
	m.Write([]byte(what + "\x00" + value))
	return hex.EncodeToString(m.Sum(nil)[:8])
}
