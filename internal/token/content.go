package token

// Content is a request in numbers: what recorded input tokens are regressed on in a calibration.
type Content struct {
	Text     [numClasses]int64 // o200k tokens of the text of messages and tools, by class in the order of the factor table
	Messages int64
	Tools    int64
	Images   int64
}

// Add counts a text in, classified block by block as Counter.Count does it.
func (c *Content) Add(text string) {
	if text == "" {
		return
	}
	for _, block := range blocks(text) {
		c.Text[Classify(block).i()] += counters["o200k_base"].Count(block).Tokens
	}
}
