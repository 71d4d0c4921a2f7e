package spendlogs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// Error says why the table cannot be read, or not to its end. It never holds the password, and it never unwraps to io.EOF:
// a lost connection must not look like the end of the rows.
type Error struct {
	Summary string
	Hint    string // what can be done; may be ""
	Wrong   bool   // the user asked for what is not there; otherwise the machine failed
	cause   error  // of the context, or nil
}

// Error gives the summary.
func (e *Error) Error() string { return e.Summary }

// Unwrap gives context.Canceled or context.DeadlineExceeded where that is the cause.
func (e *Error) Unwrap() error { return e.cause }

// states are the errors of the server that have a better answer than their own text.
var states = map[string]struct{ summary, hint string }{
	"28P01": {"the database refuses the password", "check it; PGPASSWORD or ~/.pgpass keeps it off the command line"},
	"28000": {"the database refuses the user", "check the user, and what pg_hba.conf allows it"},
	"3D000": {"the database does not exist", "check the name after the host"},
	"42501": {"the database denies reading the spend logs", "GRANT SELECT ON the table TO the user; row security that hides rows from the user is refused too, since a part of the spend is not all of it"},
	"42704": {"the server does not know a parameter of the address", "of the parameters after ?, table, from and to are tokengate's and others go to the server"},
	"53300": {"the database has no connection left", "try again later; a reading needs two"},
	"57P01": {"the database ended the connection", "read again"},
	"57P02": {"the database crashed", "read again"},
	"57P03": {"the database is not ready", "try again later"},
	"22023": {"the database does not know the snapshot any more", "read again; a pooler between here and the server must keep transactions together"},
}

// connectError explains why there is no connection.
func (t *Table) connectError(err error) error {
	return t.explain(err, "cannot connect to "+t.addr.String(), "check host and port, and that the database can be reached from here")
}

// queryError explains why a statement failed.
func (t *Table) queryError(err error) error {
	return t.explain(err, t.addr.String(), "read again")
}

// explain makes one line of an error. Its text is kept, but not what it unwraps to.
func (t *Table) explain(err error, context, hint string) error {
	e := &Error{Hint: hint, cause: contextCause(err)}
	text := strings.Join(strings.Fields(err.Error()), " ")
	var server *pgconn.PgError
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		text = "the connection to the database was lost"
	case errors.As(err, &server):
		text = server.Message
		e.Hint = ""
		if s, ok := states[server.Code]; ok {
			text, e.Hint = fmt.Sprintf("%s (%s)", s.summary, text), s.hint
		}
	}
	for _, secret := range t.addr.secrets {
		text = strings.ReplaceAll(text, secret, "…")
	}
	e.Summary = context + ": " + text
	return e
}

func contextCause(err error) error {
	for _, cause := range []error{context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, cause) {
			return cause
		}
	}
	return nil
}
