package bpe

// scanP50k follows the pattern of p50k_base (openai/tiktoken, tiktoken_ext/openai_public.py), whose alternatives are, in
// order:
//
//	'(?:[sdmt]|ll|ve|re)
//	 ?\p{L}++
//	 ?\p{N}++
//	 ?[^\s\p{L}\p{N}]++
//	\s++$
//	\s+(?!\S)
//	\s
func scanP50k(text []byte, i int) int {
	if n := contraction(text, i, false); n > 0 {
		return i + n
	}
	start := i
	if text[i] == ' ' {
		i++
	}
	switch k, w := class(text, i); {
	case k&(upper|lower|letter) != 0:
		return letters(text, i)
	case k == number:
		return run(text, i+w, number)
	case k&(symbol|mark) != 0:
		return run(text, i+w, symbol|mark)
	}
	end, last, _ := whitespace(text, start)
	return beforeLast(text, start, end, last)
}
