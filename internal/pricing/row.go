package pricing

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/shopspring/decimal"
)

//go:embed catalog.jsonl
var builtin []byte

// row is one line of catalog.jsonl and, as well, one entry of an override file. Prices are US dollars per million
// tokens, as decimal text; a class that has no price is absent, and a written 0 means free.
type row struct {
	ID        string           `json:"id"`   // provider/name as the provider spells it
	Mode      string           `json:"mode"` // chat, completion, embedding, rerank
	Tokenizer string           `json:"tokenizer"`
	Price     sheet            `json:"price"`    // the standard tier, short prompts, today
	Unpriced  string           `json:"unpriced"` // instead of a price: why there is none per token
	Tiers     map[string]sheet `json:"tiers"`    // other service tiers: batch, flex, priority, fast, peak …
	Bands     []bandRow        `json:"bands"`    // whole-request prices by prompt length, ascending
	Changes   []change         `json:"changes"`  // past prices with their end, coming prices with their start
	Regions   map[string]price `json:"regions"`  // name prefix ("us.", "us/") → multiplier on every price
	Aliases   []string         `json:"aliases"`  // other names, exact but for case
	Context   int64            `json:"context"`
	MaxInput  int64            `json:"max_input"`
	MaxOutput int64            `json:"max_output"`
	MinCache  int64            `json:"min_cacheable"`
	Retires   string           `json:"retires"` // day the vendor shuts it down
	Status    string           `json:"status"`
	Also      map[string]price `json:"also"`    // prices of what usage does not tell apart: audio, images, searches
	AsOf      string           `json:"as_of"`   // day the prices were last seen
	Vendor    bool             `json:"vendor"`  // seen on the vendor's own page
	Sources   int              `json:"sources"` // public price lists that carry it
	Note      string           `json:"note"`
	origin    string           // "builtin" or the override file's name
	provider  string           // ID up to the first slash
	name      string           // ID after it
	claims    map[string]bool  // lower-case aliases an override gave it, which win over other rows' names
}

// sheet is one list of prices by token class.
type sheet struct {
	Input        price `json:"input"`
	CacheRead    price `json:"cache_read"`
	CacheWrite5m price `json:"cache_write_5m"` // short-lived cache: 5 minutes, 30 at OpenAI
	CacheWrite1h price `json:"cache_write_1h"` // long-lived cache: 1 hour, 12 at OpenAI
	Output       price `json:"output"`
	Reasoning    price `json:"reasoning"` // output while thinking, where it has a price of its own
	Times        price `json:"times"`     // tiers only: every class is the standard price times this
}

// bandRow is a sheet that holds from a prompt length on. One of Over (more than) and From (at least) is set.
type bandRow struct {
	sheet
	Over  int64            `json:"over"`
	From  int64            `json:"from"`
	Tiers map[string]sheet `json:"tiers"` // where a tier's price in this band is known and not the product
}

func (b bandRow) from() int64 {
	if b.From > 0 {
		return b.From
	}
	return b.Over + 1
}

// change is a sheet that holds before, or from, a moment: a day (its midnight, UTC) or an RFC 3339 time. Classes it
// does not name move with its input price, or stay when it names none.
type change struct {
	sheet
	Before string `json:"before"`
	From   string `json:"from"`
}

// price is an exact decimal that knows whether it was written.
type price struct {
	d   decimal.Decimal
	set bool
}

func priced(d decimal.Decimal) price { return price{d, true} }

// or is p, or q when p was not written.
func (p price) or(q price) price {
	if p.set {
		return p
	}
	return q
}

// UnmarshalJSON reads a JSON number from its text, never through binary floating point.
func (p *price) UnmarshalJSON(b []byte) error {
	d, err := parseDecimal(string(b))
	*p = priced(d)
	return err
}

// parseDecimal reads a non-negative decimal of sane size: an exponent of a billion is a valid number and a trap.
func parseDecimal(s string) (decimal.Decimal, error) {
	if len(s) > 64 {
		return decimal.Decimal{}, fmt.Errorf("%.20s… is too long for a price", s)
	}
	d, err := decimal.NewFromString(s)
	switch {
	case err != nil:
		return d, fmt.Errorf("%q is not a decimal number", s)
	case d.Sign() < 0:
		return d, fmt.Errorf("%s is negative", s)
	case d.Exponent() > 12 || d.Exponent() < -40:
		return d, fmt.Errorf("%s is out of range for a price", s)
	}
	return d, nil
}

// parseRows reads the embedded table: one JSON object a line, sorted by id, unknown keys refused.
func parseRows(table []byte) ([]*row, error) {
	rows := make([]*row, 0, 1000)
	for i := 1; len(table) > 0; i++ {
		line, rest, _ := bytes.Cut(table, []byte("\n"))
		table = rest
		r := &row{origin: originBuiltin}
		dec := json.NewDecoder(bytes.NewReader(line))
		dec.DisallowUnknownFields()
		if err := dec.Decode(r); err != nil {
			return nil, fmt.Errorf("price catalogue line %d: %w", i, err)
		}
		if len(rows) > 0 && rows[len(rows)-1].ID >= r.ID {
			return nil, fmt.Errorf("price catalogue line %d: %s is not in order", i, r.ID)
		}
		r.split()
		rows = append(rows, r)
	}
	return rows, nil
}

func (r *row) split() { r.provider, r.name, _ = strings.Cut(r.ID, "/") }

// embedded parses the table on first use.
var embedded = sync.OnceValues(func() ([]*row, error) { return parseRows(builtin) })

// moment reads a day or an RFC 3339 time.
func moment(s string) (time.Time, error) {
	if t, err := time.Parse(time.DateOnly, s); err == nil {
		return t, nil
	}
	return time.Parse(time.RFC3339, s)
}
