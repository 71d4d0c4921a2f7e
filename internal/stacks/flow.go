package stacks

import "math"

// Flow is one step of a session: calls of one track, made from one template on one model.
type Flow struct {
	Track, Feature string
	Template       string   // path in the project; "" for calls that have none, such as embeddings
	Model          string   //
	Sources        []string // ids of data sources; a call draws on one of them, the first most often
	Calls          float64  // of a session, on average

	Prefix int64 // tokens that stand in front of every call and that the provider caches; 0 for none
	Carry  bool  // a conversation: what a call sends and gets is read from the cache by the next one
	Input  Size  // fresh prompt tokens of a call
	Output Size  //

	First    float64 // milliseconds until the first token
	PerToken float64 // milliseconds for each token of output
}

// Size is a distribution of tokens a call: log-normal with this mean and 95th percentile, and no value above one and a half
// times that. P95 over mean was measured on public traces of LLM serving: 3.3 and 3.6 for prompts (conversation and code
// completion), 2.0 and 3.2 for outputs.
type Size struct{ Mean, P95 float64 }

// spread is the median and the deviation of the logarithm. Of a log-normal, P95 ÷ mean is exp(1.645 σ − σ²/2), which has no
// solution above 3.87.
func (s Size) spread() (median, sigma float64) {
	if s.Mean <= 0 {
		return 0, 0
	}
	const z = 1.6448536
	sigma = z - math.Sqrt(max(z*z-2*math.Log(max(s.P95/s.Mean, 1)), 0))
	return s.Mean * math.Exp(-sigma*sigma/2), sigma
}

// Sessions is a kind of session: how many there are and when, and what they do.
type Sessions struct {
	Who     string  // begins the names of their users and sessions: "dev", "user"
	Users   int     //
	Weekday float64 // sessions of a weekday
	Weekend float64 // those of a Saturday or Sunday, as a share of a weekday's
	Gap     float64 // mean seconds between the end of a call and the next one of the session
	Outcome string  // name of the outcome that the last call of a session carries; "" for none
	Good    float64 // share of sessions where it is 1
	Flows   []Flow  // in the order in which a session goes through them
}

// dayNoise is the standard deviation of the logarithm of a day's level. Measured on two weeks of hourly traffic of clients
// that follow office hours.
const dayNoise = 0.14

// shares is the share of a day's sessions that start in each sixth of it (UTC). Measured on the same traffic, weekdays.
var shares = [6]float64{0.008, 0.007, 0.345, 0.305, 0.214, 0.121}
