package report

import (
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	jsonv1 "github.com/go-json-experiment/json/v1"

	"github.com/tokengate/tokengate/internal/money"
)

// Write writes the document as indented JSON with a final newline. Equal reports give equal bytes: fields stand in the
// order of the type, lists are never null, HTML characters are not escaped, and bytes that are not UTF-8 become U+FFFD.
// A number that JSON cannot hold (NaN, infinity) is an error, and so is a report without a verdict: what Write accepts,
// Read reads.
func (r *Report) Write(w io.Writer) error {
	if err := r.checkDecided(); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	if err := encode(w, r); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}

func encode(w io.Writer, document any) error {
	b, err := json.Marshal(document,
		jsonv1.OmitEmptyWithLegacySemantics(true),
		jsontext.AllowInvalidUTF8(true),
		jsontext.WithIndent("  "),
	)
	if err == nil {
		_, err = w.Write(append(b, '\n'))
	}
	return err
}

// maxDocument bounds what Read takes: a report of thousands of files is a few megabytes.
const maxDocument = 256 << 20

// Read reads what Write writes. Another schema or major version, an unknown or repeated field, a status or an amount
// that is not one, text after the document and a document without a verdict are errors: a report that is half
// understood must not be rendered as if it were whole.
func Read(r io.Reader) (*Report, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxDocument+1))
	if err != nil {
		return nil, fmt.Errorf("read report: %w", err)
	}
	if len(b) > maxDocument {
		return nil, fmt.Errorf("read report: larger than %d MB", maxDocument>>20)
	}
	if err := checkSchema(b); err != nil {
		return nil, fmt.Errorf("read report: %w", err)
	}
	out := new(Report)
	err = json.Unmarshal(b, out, json.RejectUnknownMembers(true), json.WithUnmarshalers(json.UnmarshalFromFunc(readAmount)))
	if err != nil {
		return nil, fmt.Errorf("read report: %w", err)
	}
	if err := out.checkDecided(); err != nil {
		return nil, fmt.Errorf("read report: %w", err)
	}
	return out, nil
}

// checkSchema looks at the schema id before anything else, so that a newer document is called newer and not "unknown
// field".
func checkSchema(b []byte) error {
	var head struct {
		Schema string `json:"schema"`
	}
	if err := json.Unmarshal(b, &head); err != nil {
		return fmt.Errorf("not a report: %w", err)
	}
	family := SchemaID[:strings.LastIndexByte(SchemaID, '/')+1]
	switch {
	case head.Schema == SchemaID:
		return nil
	case head.Schema == "":
		return fmt.Errorf("not a report: it has no schema id, expected %s", SchemaID)
	case strings.HasPrefix(head.Schema, family):
		return fmt.Errorf("the report has schema %q, this program reads %s; use the release that wrote it", head.Schema, SchemaID)
	}
	return fmt.Errorf("not a report: schema is %q, expected %s", head.Schema, SchemaID)
}

// amountPattern is money in the document: a plain decimal. An exponent is refused because a few bytes of it can stand
// for more digits than memory holds.
const amountPattern = `^-?(0|[1-9][0-9]{0,29})(\.[0-9]{1,40})?$`

var amountRE = regexp.MustCompile(amountPattern)

func readAmount(d *jsontext.Decoder, a *money.Amount) error {
	tok, err := d.ReadToken()
	if err != nil {
		return err
	}
	if tok.Kind() != '"' || !amountRE.MatchString(tok.String()) {
		return fmt.Errorf("amount %.60s is not a decimal string of dollars", tok)
	}
	*a, err = money.FromDecimal(tok.String())
	return err
}

// Statuses lists the statuses, best to worst.
func Statuses() []Status { return []Status{Pass, Warn, Inconclusive, Fail} }

// UnmarshalText reads a status; any other word is an error.
func (s *Status) UnmarshalText(b []byte) error {
	for _, known := range Statuses() {
		if string(known) == string(b) {
			*s = known
			return nil
		}
	}
	return fmt.Errorf("unknown status %q", b)
}

// checkDecided catches what the types cannot: a document of another schema, or a status that is missing altogether.
func (r *Report) checkDecided() error {
	if r.Schema != SchemaID {
		return fmt.Errorf("schema is %q, expected %s", r.Schema, SchemaID)
	}
	if r.Verdict.Status == "" {
		return fmt.Errorf("the report has no verdict")
	}
	for _, c := range r.Checks {
		if c.Status == "" {
			return fmt.Errorf("check %q has no status", c.ID)
		}
	}
	return nil
}
