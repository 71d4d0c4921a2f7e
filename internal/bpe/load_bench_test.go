package bpe

import "testing"

func BenchmarkLoad(b *testing.B) {
	for _, name := range []string{"o200k_base", "cl100k_base", "p50k_base"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := load(name); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
