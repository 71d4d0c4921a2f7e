package token

import "testing"

func TestUsage(t *testing.T) {
	u := Usage{Input: 1, CacheRead: 10, CacheWrite5m: 100, CacheWrite1h: 1000, Output: 10000, Reasoning: 9000}
	if u.Prompt() != 1111 || u.Total() != 11111 {
		t.Errorf("prompt %d, total %d", u.Prompt(), u.Total())
	}
	if u.Add(u).Sub(u) != u || u.Add(u).Reasoning != 18000 || u.Sub(u) != (Usage{}) {
		t.Error("add and sub are not inverse")
	}
}
