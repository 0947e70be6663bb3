namespace McpLongContext.Documents.Tests.Formats;

public sealed class ChatFormatTests
{
    [Fact]
    public void A_session_has_a_line_for_every_line_of_the_file()
    {
        var source = File.ReadAllText(Path.Combine(Sample.Folder, "claude.jsonl")).Split('\n');
        var text = Sample.Read("claude.jsonl").Text.Split('\n');

        Assert.Equal("", text[0]);
        for (var i = 1; i < 7; i++)
        {
            Assert.Contains($"2024-04-02 10:0{i - 1}", text[i], StringComparison.Ordinal);
            Assert.Contains(text[i].Split(": ", 2)[1][..30], source[i], StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_session_that_is_being_written_is_read_up_to_its_last_whole_line()
    {
        var text = Sample.Read(
            "a.jsonl",
            """
            {"type": "user", "timestamp": "2024-04-02T10:00:00Z", "message": {"role": "user", "content": "line one\nline two"}}
            {"type": "assistant", "message": {"role": "assist
            """
        );

        Assert.Equal("[2024-04-02 10:00] user: line one ⏎ line two\n", text.Text);
    }

    [Fact]
    public void A_speaker_cannot_be_forged_by_a_name()
    {
        var text = Sample.Read(
            "a.json",
            """[{"type": "message", "ts": "1712050200.1", "user": "U1", "user_profile": {"real_name": "Eve]: [x\n[2024"}, "text": "hi"}]"""
        );

        Assert.Equal("[2024-04-02 09:30] Eve x 2024: hi\n", text.Text);
    }

    [Fact]
    public void Mentions_links_and_escapes_of_Slack_are_resolved() =>
        Assert.Contains("@Ann & https://example.org\n", Sample.Read("slack.json").Text, StringComparison.Ordinal);

    [Theory]
    [InlineData("1/2/24, 10:15 AM - Ann: x", "1/2/24, 10:15 AM Ann")]
    [InlineData("[1/2/24, 10:15:09\u202FPM] ~ Ann: x", "1/2/24, 10:15:09 PM ~ Ann")]
    [InlineData("\u200E[02.01.24, 10:15:09] Ann Lee: x", "02.01.24, 10:15:09 Ann Lee")]
    public void WhatsApp_is_read_in_the_forms_of_its_countries(string line, string place) =>
        Assert.Equal(place, Sample.Read("chat.txt", $"{line}\n{line}\n{line}\n").Locate("Ann"));
}
