using McpLongContext.Context.Ingestion;
using McpLongContext.Context.Ingestion.Splitting;

namespace McpLongContext.Context.Tests.Ingestion;

public sealed class EncoderTextTests
{
    [Fact]
    public void Code_stands_beneath_its_path_and_declaration_with_identifiers_in_words()
    {
        var passage = new SplitPassage(
            "    void parseJSONText(int max_size) => _x.HTTPServer2Go();\n\n",
            3,
            3,
            "class JsonReader"
        );
        Assert.Equal(
            "src/Json Reader.cs: class Json Reader\nvoid parse JSON Text(int max size) => _x.HTTP Server2 Go();",
            EncoderText.For(passage, DocumentKind.Code, "src/JsonReader.cs")
        );
    }

    [Theory]
    [InlineData(DocumentKind.Prose)]
    [InlineData(DocumentKind.Markdown)]
    [InlineData(DocumentKind.Transcript)]
    public void Text_is_read_as_it_stands(DocumentKind kind)
    {
        var passage = new SplitPassage("\n[D1:3] Ann: I use snake_case and camelCase.\n", 2, 2, "8 May");
        Assert.Equal("[D1:3] Ann: I use snake_case and camelCase.", EncoderText.For(passage, kind, "a.txt"));
    }

    [Theory]
    [InlineData("plurals JSONs and IDs", "plurals JSONs and IDs")]
    [InlineData("__init__", "__init__")]
    [InlineData("MAX_SIZE a__b x_", "MAX SIZE a__b x_")]
    [InlineData("ÜberGröße", "Über Größe")]
    [InlineData("x86 utf8Text", "x86 utf8 Text")]
    public void Only_boundaries_of_words_are_opened(string code, string expected) =>
        Assert.Equal("a.c\n" + expected, EncoderText.For(new SplitPassage(code, 1, 1, ""), DocumentKind.Code, "a.c"));
}
