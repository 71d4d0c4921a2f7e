package main

// Every number the generator draws from stands in this file. "Measured" values were computed once on public traces of
// real LLM serving; the traces themselves are not part of this project. "Assumed" values are in no trace: they are
// chosen to be plausible and nothing should be concluded from them.
//
// The traces:
//   - hourly: alibaba/ServeGen, requests per hour and client over 14 days (Apache-2.0). Used: the four clients whose
//     traffic follows office hours and whose weeks resemble each other (m-mid clients 49, 64, 91 and 98; 5.9 million
//     requests). Left out: two days on which every client dips (a public holiday and an outage).
//   - conversation: kvcache-ai/Mooncake, 12,031 calls of one hour, prompt and output length of each (Apache-2.0).
//   - code: Azure LLM inference trace 2023, code completion, 8,819 calls of one hour (CC-BY 4.0).

// weekdayHours is the share of a weekday's sessions that start in each hour, in thousandths; their sum is 998.
// Measured: hourly, mean of the four clients' own profiles over eight weekdays.
var weekdayHours = [24]float64{6, 2, 0, 0, 0, 1, 1, 5, 42, 93, 113, 97, 39, 64, 93, 108, 95, 61, 29, 29, 37, 36, 31, 17}

// weekendHours is the same for a Saturday or Sunday, in thousandths of a *weekday's* sessions: a weekend day has 35 % of
// a weekday's traffic. Measured: hourly, mean of the four clients over four weekend days.
var weekendHours = [24]float64{8, 5, 1, 1, 0, 0, 0, 4, 9, 21, 24, 23, 11, 21, 25, 29, 32, 24, 15, 19, 22, 19, 21, 16}

const (
	// dayNoise is the standard deviation of the logarithm of a day's level around its week's. Measured: hourly, eight
	// weekdays of the four clients: 0.13, 0.14, 0.09, 0.20.
	dayNoise = 0.14
	// weekGrowth is the mean of the logarithm of one week's level over the last one's. Measured: hourly, median of the 41
	// clients with traffic on every day (their quartiles are −0.33 and +0.33).
	weekGrowth = 0.02
	// weekNoise is its standard deviation. Measured: hourly, second week over first of the four clients: logarithms
	// 0.12, 0.01, 0.17, 0.09. A real track's next month varies far more than this: see weekGrowth's quartiles.
	weekNoise = 0.07
)

// knot is a point of a distribution: a share P of the calls has at most Value tokens.
type knot struct{ P, Value float64 }

// contextTokens is the uncached part of an answering call's prompt: conversation, passages and question.
// Measured: conversation, prompt length of the 61 % of calls with at most 10,000 tokens, the retrieval cap of this
// project. Prompt and output length are drawn independently: their rank correlation in the trace is 0.07.
var contextTokens = []knot{{0, 891}, {0.05, 897}, {0.10, 905}, {0.25, 1287}, {0.50, 3430}, {0.75, 6082}, {0.90, 8257}, {0.95, 9091}, {0.99, 9840}, {1, 9996}}

// answerTokens is the length of an answer. Measured: conversation, output length of the 99 % of calls with at most 1,200
// tokens, the output limit of this project.
var answerTokens = []knot{{0, 1}, {0.01, 3}, {0.05, 10}, {0.10, 24}, {0.25, 154}, {0.50, 348}, {0.75, 468}, {0.90, 587}, {0.95, 673}, {0.99, 915}, {1, 1194}}

// shortTokens is the length of a short structured output: a rewritten query, a grade. Measured: code, output length of
// the 97 % of calls with at most 120 tokens.
var shortTokens = []knot{{0, 6}, {0.10, 7}, {0.25, 9}, {0.50, 13}, {0.75, 22}, {0.90, 45}, {0.95, 64}, {0.99, 100}, {1, 120}}

// Assumed: who uses the assistant and how. No trace names users or sessions.
const (
	sessionsPerWeekday = 95.0  // at the level of the first week
	users              = 140   // accounts; activity falls with rank as rank^-userSkew
	userSkew           = 0.8   //
	furtherTurn        = 0.52  // chance that a question is followed by another: 2.1 questions a session on average
	turnGapSeconds     = 95.0  // mean time from an answer to the next question, exponential
	summariseShare     = 0.12  // sessions that ask for a summary instead of an answer; they have one turn
	errorShare         = 0.007 // generation calls refused by the provider, repeated once after two seconds
	resolvedShare      = 0.78  // sessions whose last answer solved the problem
	questionTokens     = 26.0  // median length of a question; log-normal with deviation 0.6
	historyShare       = 0.08  // share of an answering prompt that is conversation; the rewriting stage sees only that
)

// Assumed: provider behaviour.
const (
	cacheSeconds = 300 // a cached prefix is kept for five minutes after its last use, shared by all sessions

	// claudeTokensPerByte is the o200k_base count of the prompts' text (0.23–0.25 tokens per byte) times the published
	// ratio of about 1.7 between current Claude models and o200k_base on Markdown.
	claudeTokensPerByte = 0.40
	openaiTokensPerByte = 0.25
)

// latency is a linear model of one call's time; every part is multiplied by one log-normal factor with deviation Noise.
// Assumed: the traces record no latency.
type latency struct {
	FirstMS       float64 // until the first token of an empty prompt
	PerInputMS    float64 // per thousand uncached prompt tokens
	PerCachedMS   float64 // per thousand cached prompt tokens
	PerOutputMS   float64 // per output token
	Noise         float64
	StreamsTokens bool // whether time to first token is recorded
}

var (
	sonnetLatency = latency{FirstMS: 620, PerInputMS: 95, PerCachedMS: 11, PerOutputMS: 11.5, Noise: 0.28, StreamsTokens: true}
	haikuLatency  = latency{FirstMS: 310, PerInputMS: 40, PerOutputMS: 5.2, Noise: 0.25}
	lunaLatency   = latency{FirstMS: 280, PerInputMS: 30, PerOutputMS: 6.0, Noise: 0.30}
	embedLatency  = latency{FirstMS: 70, PerInputMS: 12, Noise: 0.35}
)

// collections are the parts of the knowledge base a passage can come from, most used first (activity 1/rank). Assumed.
var collections = []string{"kb/getting-started", "kb/reports", "kb/billing", "kb/sharing", "kb/integrations", "kb/security", "kb/administration"}
