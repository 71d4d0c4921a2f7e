package replay

import "github.com/tokengate/tokengate/internal/stats"

// Against pairs what the group comes to on head with what it came to on head of another replay of the same calls, by
// cluster of sessions: in dollars, and in tokens. was may be nil, where no call belonged to the group.
func (g *Group) Against(was *Group) (costs, tokens []stats.Pair) {
	none := &Group{}
	if was == nil {
		was = none
	}
	for i := range g.clusters {
		old, now := &was.clusters[i], &g.clusters[i]
		if old.headCost != (sum{}) || now.headCost != (sum{}) {
			costs = append(costs, stats.Pair{Key: uint64(i), Base: old.headCost.float() / 1e12, Head: now.headCost.float() / 1e12})
		}
		if old.headTokens != (sum{}) || now.headTokens != (sum{}) {
			tokens = append(tokens, stats.Pair{Key: uint64(i), Base: old.headTokens.float(), Head: now.headTokens.float()})
		}
	}
	return costs, tokens
}
