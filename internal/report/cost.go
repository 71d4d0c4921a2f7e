package report

// When a file is sent.
const (
	Always   = "always"    // in front of every conversation, or of every call of its template
	OnDemand = "on_demand" // once the tool reads a file that it is for
)

// FileCost is one file of the project with what sending its text costs, over all templates that it is part of.
type FileCost struct {
	Path      string    `json:"path"`
	When      string    `json:"when"`           // always, or on_demand
	Templates []string  `json:"templates"`      // that it is sent with
	Tokens    int64     `json:"tokens"`         // each time it is sent, counted for the first of the templates
	Error     float64   `json:"relative_error"` // of the counts
	Share     float64   `json:"share"`          // of what the project spends in the period
	Sections  []Section `json:"sections"`
	Carry     *Carry    `json:"carry,omitempty"`
	Why       string    `json:"why,omitempty"` // why there is no carry
}
