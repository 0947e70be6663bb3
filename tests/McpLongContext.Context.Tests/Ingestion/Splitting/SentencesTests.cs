using McpLongContext.Context.Ingestion.Splitting;

namespace McpLongContext.Context.Tests.Ingestion.Splitting;

public sealed class SentencesTests
{
    [Theory]
    [InlineData("", 0)]
    [InlineData("  \t\n", 0)]
    [InlineData("one", 1)]
    [InlineData(" one, two\tthree\n", 3)]
    [InlineData("東京", 2)]
    [InlineData("a東b", 3)]
    [InlineData("カナ かな", 4)]
    [InlineData("สวัสดี", 6)]
    [InlineData("ខ្មែរ", 5)]
    [InlineData("မြန်", 4)]
    [InlineData("한국 사람", 2)]
    [InlineData("\u4e00\u9fff\u3040\u30ff\u3400\u4dbf\u0e00\u0eff\u1780\u17ff\u1000\u109f", 12)]
    [InlineData("\u4dffx\ua000x\u303fx\u3100x\u33ffx\u4dc0x\u0dffx\u0f00x\u177fx\u1800x\u0fffx\u10a0", 1)]
    public void Words_are_counted_and_so_are_characters_of_scripts_without_spaces(string text, int words) =>
        Assert.Equal(words, Sentences.CountWords(text));

    [Theory]
    [InlineData("Yes. No", 5)]
    [InlineData("Yes! No", 5)]
    [InlineData("Yes? No", 5)]
    [InlineData("Yes… No", 5)]
    [InlineData("Yes.\" No", 6)]
    [InlineData("Yes.” No", 6)]
    [InlineData("Yes.' No", 6)]
    [InlineData("Yes.’ No", 6)]
    [InlineData("Yes.) No", 6)]
    [InlineData("Yes.] No", 6)]
    [InlineData("Yes, No", 0)]
    [InlineData("Yes) No", 0)]
    [InlineData("Yes.No", 0)]
    [InlineData(") No", 0)]
    [InlineData("。No", 1)]
    [InlineData("はい！No", 3)]
    [InlineData("はい？No", 3)]
    [InlineData("One. Two. Three", 10)]
    [InlineData(" x", 0)]
    [InlineData("", 0)]
    public void A_sentence_ends_behind_its_mark_a_quote_or_bracket_and_a_space(string text, int end) =>
        Assert.Equal(end, Sentences.LastEnd(text));
}
