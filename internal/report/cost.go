package report

// FileCost is one file of the project with what sending its text costs, over all templates that it is part of.
type FileCost struct {
	Path      string    `json:"path"`
	When      string    `json:"when"`           // launch (from there on with every call of a conversation), lazy (once a file that it is for is read), spawn (calls of its subagent), invocation (from there on) or call (every call of an application's template)
	Templates []string  `json:"templates"`      // that it is sent with
	Tokens    int64     `json:"tokens"`         // each time it is sent, counted for the first of the templates
	Error     float64   `json:"relative_error"` // of the counts
	Share     float64   `json:"share"`          // of what the project spends in the period
	Sections  []Section `json:"sections"`
	Carry     *Carry    `json:"carry,omitempty"`
	Why       string    `json:"why,omitempty"` // why there is no carry
}
