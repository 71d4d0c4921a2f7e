package cube

// bounds are the smallest prompt lengths, in tokens, of classes 1, 2, …: version 1 of the list. A price that depends on
// the length of the prompt begins either at a round number of tokens or with the token after it, so both bound a class;
// the classes between such a pair hold next to nothing and cost nothing. The list is part of the encoding: a change is
// a new version of both.
var bounds = [...]int64{
	32_000, 32_001, 100_000, 100_001, 128_000, 128_001, 200_000, 200_001, 256_000, 256_001,
	272_000, 272_001, 512_000, 512_001, 1_000_000, 1_000_001,
}

// Band is the class of a prompt of so many tokens, cached ones included: 0 below the first bound of a fixed list that
// holds every threshold of the builtin price catalogue, so that a cube can be priced exactly without its calls.
func Band(prompt int64) int {
	n := 0
	for n < len(bounds) && prompt >= bounds[n] {
		n++
	}
	return n
}

// Lengths are the shortest and the longest prompt of a class; the longest of the last class is the greatest int64.
func Lengths(band int) (shortest, longest int64) {
	longest = maxSum
	if band > 0 {
		shortest = bounds[band-1]
	}
	if band < len(bounds) {
		longest = bounds[band] - 1
	}
	return shortest, longest
}
