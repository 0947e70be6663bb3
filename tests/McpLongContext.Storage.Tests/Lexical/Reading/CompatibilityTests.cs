using System.Text;
using McpLongContext.Storage.Analysis;

namespace McpLongContext.Storage.Tests.Lexical.Reading;

/// <summary>Characters that differ in their form only are equal.</summary>
public class CompatibilityTests
{
    [Theory]
    [InlineData("ＡＰＩ ２０２６", "API 2026")]
    [InlineData("ﾎﾞｲﾗｰ ﾊﾟｲﾌﾟ", "ボイラー パイプ")]
    [InlineData("か\u3099す ハ\u309Aン", "がす パン")]
    [InlineData("ﬁnal oﬃce waﬄe", "final office waffle")]
    [InlineData("𝐕𝐞𝐫𝐢𝐭𝐚𝐬 𝓠𝓾𝓪𝓼𝓪𝓻 𝚌𝚘𝚍𝚎 𝟜𝟚", "Veritas Quasar code 42")]
    [InlineData("ⓗⓔⓡⓞⓝ ⑫", "heron 12")]
    [InlineData("H₂O m² x³", "H2O m2 x3")]
    [InlineData("Ⅳ ⅻ", "IV xii")]
    [InlineData("№5 ㎏ ℡", "No5 kg TEL")]
    [InlineData("\u1112\u116C\u1105\u1169\u11A8", "회록")]
    [InlineData("⼀⼆ 豈", "一二 豈")]
    [InlineData("ﺍﻟﻜﺘﺎﺏ", "الكتاب")]
    [InlineData("الْكِتَابُ", "الكتاب")]
    [InlineData("هـــذا", "هذا")]
    [InlineData("٤٢ ४२", "42")]
    [InlineData("super\u00ADconductor", "superconductor")]
    [InlineData("می\u200Cخواهم", "میخواهم")]
    [InlineData("STRASSE", "Straße")]
    [InlineData("ae oe", "æ œ")]
    [InlineData("οδός ΜΈΛΑΣ", "ΟΔΟΣ μελας")]
    [InlineData("ёлка", "елка")]
    [InlineData("и\u0306од", "йод")]
    [InlineData("e\u0301tude", "étude")]
    public void Two_forms_have_the_same_terms(string one, string other) =>
        Assert.Equal(TermAnalyzer.Terms(one), TermAnalyzer.Terms(other));

    [Fact]
    public void A_break_of_zero_width_is_read_in_both_ways() =>
        Assert.Equal(["zerowidth", "zero", "width"], TermAnalyzer.Terms("zero\u200Bwidth"));

    [Theory]
    [InlineData("docs/caf\u00e9.md", "docs/cafe\u0301.md")]
    [InlineData("Übersicht", "U\u0308BERSICHT")]
    [InlineData("\uAC00", "\u1100\u1161")]
    public void Folded_texts_are_equal(string one, string other) =>
        Assert.Equal(TextForms.Fold(one), TextForms.Fold(other));

    [Fact]
    public void Folding_any_text_ends()
    {
        var random = new Random(3);
        for (var round = 0; round < 200; round++)
        {
            var text = Enumerable.Range(0, 500).Select(_ => (char)random.Next(0x10000)).ToArray();
            Assert.NotNull(TextForms.Fold(new string(text)));
            Assert.InRange(Encoding.UTF8.GetByteCount(TextForms.Fold(new string(text))), 0, 5000);
        }
    }
}
