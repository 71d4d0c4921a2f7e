package traffic

import (
	"bytes"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// TestRedact holds each call against what may stay of it. A field that is added to Call must be decided on here.
func TestRedact(t *testing.T) {
	if n := reflect.TypeFor[Call]().NumField(); n != 24 {
		t.Fatalf("Call has %d fields: decide whether the new one tells who or what", n)
	}
	r, err := NewRedactor([]byte("a key of sixteen"))
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 2))
	for i := range 200 {
		c := anyCall(random, i)
		c.User, c.Session, c.ID = "anna@example.com", "thread of anna", "req-anna"
		c.Vars = map[string]string{"question": "anna's salary"}
		before := c
		r.Redact(&c)
		var b bytes.Buffer
		if err := WriteNative(&b, &c); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(b.String(), "anna") {
			t.Fatal(b.String())
		}
		if diff := gocmp.Diff(before, c, cmpopts.IgnoreFields(Call{}, "ID", "User", "Session", "Vars", "Place", "Prompt")); diff != "" {
			t.Fatal(diff)
		}
		if c.Vars != nil || c.Place != (Place{}) || len(c.User) != 16 {
			t.Errorf("%+v", c)
		}
	}
}

// TestRedactKeepsApart keeps equal ones equal and others different, by key and by what they are.
func TestRedactKeepsApart(t *testing.T) {
	a, _ := NewRedactor([]byte("a key of sixteen"))
	b, _ := NewRedactor([]byte("another sixteen!"))
	// HMAC-SHA-256 of "user\x00anna" under the key, computed apart: printf 'user\0anna' | openssl dgst -sha256 -hmac 'a key of sixteen'
	if got := a.hash("user", "anna"); got != "f673c6d126cfe8c7" {
		t.Error(got)
	}
	if a.hash("user", "anna") == a.hash("session", "anna") || a.hash("user", "anna") == b.hash("user", "anna") || a.hash("user", "") != "" {
		t.Error("hashes meet")
	}
	if _, err := NewRedactor([]byte("short")); err == nil {
		t.Error("a short key was taken")
	}
}
