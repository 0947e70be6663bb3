namespace McpLongContext.Documents.Tests.Formats;

public sealed class SubtitleFormatTests
{
    [Fact]
    public void Every_line_stays_where_the_file_has_it()
    {
        const string Source =
            "WEBVTT\n\nSTYLE\n::cue { color: red }\n\n1\n00:03.000 --> 00:04.000 align:start\n<v Ann>Is the <i>gland</i> dry?\n\n"
            + "2\n01:00:05.500 --> 01:00:09.000\n<v Boris>It weeps &amp; drips.\n";
        var text = Sample.Read("a.vtt", Source);

        Assert.Equal(
            ["", "", "", "", "", "", "", "Ann: Is the gland dry?", "", "", "", "Boris: It weeps & drips.", "", ""],
            text.Text.Split('\n')
        );
        Assert.Equal("t=00:00:03-00:00:04", text.Locate("Is the gland dry?"));
        Assert.Equal("t=00:00:03-01:00:09", LocationFragment.Show(text.Locate(8, 12)!));
    }

    [Fact]
    public void Captions_that_roll_are_read_once()
    {
        var text = Sample.Read(
            "a.srt",
            "1\n00:00:01,000 --> 00:00:02,000\nthe wear ring\n\n2\n00:00:02,000 --> 00:00:03,000\nthe wear ring\nis worn\n"
        );

        Assert.Equal(
            "the wear ring is worn",
            string.Join(' ', text.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        );
    }
}
