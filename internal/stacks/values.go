package stacks

import (
	"cmp"
	"fmt"
	"strings"
	"unicode"
)

// The placeholders of the files. They are valid values: a project whose owner is not known yet is checked all the same.
const (
	NamePlaceholder     = "my-project"
	OwnerPlaceholder    = "@your-org/your-team"
	ApproverPlaceholder = "@your-org/your-approver"
)

// Values are what is filled into a template; "" leaves the placeholder.
type Values struct {
	Name     string // of the project
	Owner    string // who answers for the budget: a team, a person or an address
	Approver string // who must approve a raised ceiling
}

// ValueError is a value that cannot be written into every file: it would end the quotes it stands in.
type ValueError struct{ Key, Value string }

// Error gives `the owner "…" holds …`.
func (e *ValueError) Error() string {
	return fmt.Sprintf("the %s %q holds a quote, a backslash, a vertical bar or a control character", e.Key, e.Value)
}

// check refuses what would not stay inside the double quotes of YAML, a code span or a cell of a table.
func (v Values) check() error {
	for _, f := range [...][2]string{{"name", v.Name}, {"owner", v.Owner}, {"approver", v.Approver}} {
		if strings.ContainsAny(f[1], "\"\\`|") || strings.ContainsFunc(f[1], unicode.IsControl) || strings.ToValidUTF8(f[1], "") != f[1] {
			return &ValueError{f[0], f[1]}
		}
	}
	return nil
}

// fill replaces the placeholders in one pass, so that a value that holds a placeholder stays as it is.
func (v Values) fill(content []byte) []byte {
	return []byte(strings.NewReplacer(
		NamePlaceholder, cmp.Or(v.Name, NamePlaceholder),
		OwnerPlaceholder, cmp.Or(v.Owner, OwnerPlaceholder),
		ApproverPlaceholder, cmp.Or(v.Approver, ApproverPlaceholder),
	).Replace(string(content)))
}
