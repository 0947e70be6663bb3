using McpLongContext.Context.Retrieval;

namespace McpLongContext.Context.Tests.Retrieval;

public sealed class QueryLanguageTests
{
    [Theory]
    [InlineData("Que faire en cas d incendie?", "French")]
    [InlineData("Wo wird die Kaution nach dem Auszug zurückgezahlt?", "German")]
    [InlineData("¿Dónde está la llave de la puerta?", "Spanish")]
    [InlineData("Quando si devono piantare i pomodori nel giardino?", "Italian")]
    [InlineData("Waar wordt de sleutel van het hek bewaard?", "Dutch")]
    [InlineData("Как проверить насос охлаждения?", "a language in Cyrillic script")]
    [InlineData("ボイラーの点検はいつですか", "Japanese")]
    [InlineData("보일러 점검은 언제입니까", "Korean")]
    public void A_question_in_another_language_is_noticed(string question, string language) =>
        Assert.Equal(language, QueryLanguage.ForeignOf(question)?.Name);

    [Theory]
    [InlineData(
        "Die Kaution wird nach dem Auszug zurückgezahlt, wenn die Wohnung nicht beschädigt ist und der Schlüssel bei dem Verwalter liegt.",
        "German"
    )]
    [InlineData("Насос охлаждения проверяют каждый год.", "a language in Cyrillic script")]
    public void A_text_in_another_language_is_noticed(string text, string language) =>
        Assert.Equal(language, QueryLanguage.ForeignOfText(text)?.Name);

    [Theory]
    [InlineData("The deposit is paid back when the keys are with the caretaker.")]
    [InlineData("for i in a:\n    de = i.de\n    le = i.le\n    print(de, le)\n")]
    [InlineData("# Der Titel\n\nThis page is about a German novel, which is set on the coast.\n")]
    [InlineData("")]
    public void A_text_in_english_or_a_program_is_not(string text) => Assert.Null(QueryLanguage.ForeignOfText(text));

    [Theory]
    [InlineData("What is the deposit, and when is it paid back?")]
    [InlineData("where is the die cast part kept")]
    [InlineData("ParseJsonAsync")]
    [InlineData("en passant capture in chess")]
    [InlineData("what does насос mean in the log")]
    [InlineData("")]
    public void A_question_in_english_or_in_names_is_not(string question) =>
        Assert.Null(QueryLanguage.ForeignOf(question));
}
