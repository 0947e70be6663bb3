using McpLongContext.Context.Documents;
using McpLongContext.Context.Ingestion.Splitting;

namespace McpLongContext.Context.Tests.Ingestion.Splitting;

public sealed class TranscriptLinesTests
{
    [Theory]
    [InlineData("[D1:3] Caroline: Hello.", "Caroline")]
    [InlineData("[00:12:03] Ann Lee: Hello.", "Ann Lee")]
    [InlineData("(10:15) Ann: Hello.", "Ann")]
    [InlineData("12/03/21, 10:15 - Ann: Hello", "Ann")]
    [InlineData("10:15 <ann> hello", "ann")]
    [InlineData("10:15 am Ann: hello", "Ann")]
    [InlineData("10:15 AM Ann: hello", "Ann")]
    [InlineData("10:15 PM Ann: hello", "Ann")]
    [InlineData("10:15 Amy: hello", "Amy")]
    [InlineData("10:15 INFO: started", "")]
    [InlineData("10:15 ERROR in Worker: failed", "")]
    [InlineData("Ann: Hello.", "")]
    public void A_marked_turn_names_its_speaker_behind_the_mark(string line, string speaker) =>
        Assert.Equal(speaker, TranscriptLines.Speaker(line, TurnStyle.Marked).ToString());

    [Theory]
    [InlineData(nameof(TurnStyle.Plain), "Ann Lee: Hello.", "Ann Lee")]
    [InlineData(nameof(TurnStyle.Plain), "**Ann:** Hello.", "Ann")]
    [InlineData(nameof(TurnStyle.Plain), "ann: Hello.", "")]
    [InlineData(nameof(TurnStyle.NameLine), "Ann Lee  0:03", "Ann Lee")]
    [InlineData(nameof(TurnStyle.NameLine), "Ann Lee [10:15 AM]", "Ann Lee")]
    [InlineData(nameof(TurnStyle.NameLine), "Ann Lee, (10:15)", "Ann Lee")]
    [InlineData(nameof(TurnStyle.NameLine), "Ann Lee 0:03 said", "")]
    [InlineData(nameof(TurnStyle.None), "Ann: Hello.", "")]
    public void Other_styles_name_the_speaker_in_front(string name, string line, string speaker)
    {
        var style = Enum.Parse<TurnStyle>(name);
        Assert.Equal(speaker, TranscriptLines.Speaker(line, style).ToString());
        Assert.Equal(speaker.Length > 0, TranscriptLines.IsTurn(line, style));
    }

    [Theory]
    [InlineData("=== Session 1 | 8 May ===", true)]
    [InlineData("--- break", true)]
    [InlineData("## Part", true)]
    [InlineData("Session 4: planning", true)]
    [InlineData("2024-05-08", true)]
    [InlineData("Session four", false)]
    [InlineData("Ann: Hello.", false)]
    [InlineData("", false)]
    public void A_session_a_date_or_a_ruled_line_is_a_header(string line, bool isHeader) =>
        Assert.Equal(isHeader, TranscriptLines.IsHeader(line));

    [Fact]
    public void A_header_is_short()
    {
        Assert.True(TranscriptLines.IsHeader("=== " + new string('x', 115)));
        Assert.False(TranscriptLines.IsHeader("=== " + new string('x', 116)));
    }

    /// <summary>Turns, lines between them, speakers.</summary>
    [Theory]
    [InlineData(nameof(TurnStyle.Marked), 3, 7, 2, true)]
    [InlineData(nameof(TurnStyle.Marked), 3, 8, 2, false)]
    [InlineData(nameof(TurnStyle.Marked), 2, 0, 2, false)]
    [InlineData(nameof(TurnStyle.Marked), 4, 0, 3, true)]
    [InlineData(nameof(TurnStyle.Marked), 4, 0, 4, false)]
    [InlineData(nameof(TurnStyle.NameLine), 3, 12, 2, true)]
    [InlineData(nameof(TurnStyle.NameLine), 3, 13, 2, false)]
    [InlineData(nameof(TurnStyle.NameLine), 2, 0, 2, false)]
    [InlineData(nameof(TurnStyle.NameLine), 4, 0, 4, false)]
    [InlineData(nameof(TurnStyle.Plain), 6, 18, 2, true)]
    [InlineData(nameof(TurnStyle.Plain), 6, 19, 2, false)]
    [InlineData(nameof(TurnStyle.Plain), 5, 0, 1, false)]
    [InlineData(nameof(TurnStyle.Plain), 6, 0, 1, false)]
    [InlineData(nameof(TurnStyle.Plain), 9, 0, 3, true)]
    [InlineData(nameof(TurnStyle.Plain), 8, 0, 3, false)]
    public void A_transcript_has_enough_turns_of_few_speakers(
        string name,
        int turns,
        int others,
        int speakers,
        bool isTranscript
    )
    {
        var style = Enum.Parse<TurnStyle>(name);
        var lines = Enumerable
            .Range(0, turns)
            .Select(i => Turn(style, $"Speaker{(char)('A' + (i % speakers))}", $"0:{10 + i}"))
            .Concat(Enumerable.Repeat("and other words", others));
        var found = TranscriptLines.StyleOf(LineIndex.Of("=== Session 1\n\n" + string.Join('\n', lines)));
        Assert.Equal(isTranscript ? style : TurnStyle.None, found);
    }

    private static string Turn(TurnStyle style, string name, string time) =>
        style switch
        {
            TurnStyle.Marked => $"[{time}] {name}: words",
            TurnStyle.Plain => $"{name}: words",
            _ => $"{name}  {time}",
        };
}
