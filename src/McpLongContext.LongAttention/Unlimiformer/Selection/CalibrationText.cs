namespace McpLongContext.LongAttention.Unlimiformer.Selection;

/// <summary>A fact that stands in the calibration's text, and the question that it answers.</summary>
/// <param name="Sentence">The fact.</param>
/// <param name="Question">The question.</param>
internal sealed record CalibrationFact(string Sentence, string Question);

/// <summary>
/// Ordinary prose and facts to be planted in it, for <see cref="HeadCalibration"/>. Facts come in families of one
/// wording, so that only a head that tells them apart finds the one asked for.
/// </summary>
internal static class CalibrationText
{
    /// <summary>The filler between the facts.</summary>
    public static IReadOnlyList<string> Paragraphs { get; } =
    [
        """
            The road into the valley had been repaired twice that winter, and still the carts sank to their axles wherever the
            stream crossed it. Nobody complained very loudly. People who lived there had learned to count a journey in days
            rather than hours, and to carry bread for one day more than they thought they would need.
            """,
        """
            In the kitchen the old woman sorted beans into three bowls. She did it every evening, whether there were beans to be
            cooked or not, because her hands had to be busy while she listened. The children told her what had happened at the
            mill, and she corrected them, gently, whenever two of them disagreed.
            """,
        """
            By noon the wind had turned, and the smoke of the brick works drifted over the market. The fishmonger covered his
            table with wet sacking. A dog lay down in the only patch of shade and refused to be moved, even when the carter
            cracked his whip beside its ear and swore that he would drive straight over it.
            """,
        """
            The minutes of the meeting record that the chairman thanked everybody for coming in such weather, that the accounts
            were read and found to be in order, and that a discussion of the roof was put off until spring. They do not record
            that the treasurer had fallen asleep, nor that somebody had hung a hat upon his head.
            """,
        """
            She walked along the beach as far as the rocks and sat down where the tide had left a ring of small white shells.
            Far out a ship was standing so still that it seemed painted. She thought of the letter in her pocket, which she had
            read four times, and which did not become kinder by being read again.
            """,
        """
            There are two ways of building a wall without mortar. The first is to choose each stone for its place, which is slow
            and lasts for centuries. The second is to pile up what is at hand and come back every year to pile it up again. Most
            of the walls in this country were built in the second way by people who praised the first.
            """,
        """
            The train stopped for no reason that the passengers could see. Someone opened a window, and the smell of cut grass
            came in. A man in a grey coat took out his watch, shook it, held it to his ear and put it back without a word, as
            if time itself had let him down and he was too polite to mention it.
            """,
        """
            When the orchestra had left, the hall was swept by a boy who whistled everything that had been played, in the right
            order and nearly in tune. The caretaker pretended not to hear. He had once wanted to be a singer, and he had found
            that it was easier to love music from behind a broom than from in front of a critic.
            """,
        """
            Rain fell on the third day and put an end to the harvest. The sheaves that stood outside were carried under the
            trees, where they dripped until evening. Nobody said what everybody was thinking, namely that they ought to have
            begun a week earlier, when the priest had warned them and they had laughed.
            """,
        """
            His first invention was a lamp that could be lit from the bed by pulling a string. It worked twice. The second was a
            kettle that whistled before the water boiled, so that one would not be late. His sister kept both of them on a shelf
            and showed them to visitors with a pride that she would never have admitted to him.
            """,
        """
            The committee had asked for a short report, and they were given one of two hundred pages with a map. It was said
            afterwards that only the map had been read, and that it was wrong. Yet the bridge was built where the map showed it,
            and it has carried people across the river ever since without the slightest sign of regret.
            """,
        """
            At night the house made noises that it did not make by day. The stairs settled, the pipes knocked, a shutter that
            had been fastened came loose and tapped against the frame. The guests lay awake and told each other at breakfast
            that they had never slept better, and the host, who had lain awake as well, was glad to hear it.
            """,
    ];

    /// <summary>The planted facts; a question names the subject of its fact, not the answer.</summary>
    public static IReadOnlyList<CalibrationFact> Facts { get; } =
    [
        new("The keeper of the lighthouse at Brenmoor is Odile Vance.", "Who keeps the lighthouse at Brenmoor?"),
        new(
            "The keeper of the lighthouse at Castor Point is Henrik Aldous.",
            "Who keeps the lighthouse at Castor Point?"
        ),
        new("The keeper of the lighthouse at Wallhaven is Tamsin Reed.", "Who keeps the lighthouse at Wallhaven?"),
        new("The access code of the north archive is 58213.", "What is the access code of the north archive?"),
        new("The access code of the glass house is 90476.", "What is the access code of the glass house?"),
        new("The access code of the boat shed is 31758.", "What is the access code of the boat shed?"),
        new("The special number for crimson-otter is 7714092.", "What is the special number for crimson-otter?"),
        new("The special number for silent-ladder is 2280651.", "What is the special number for silent-ladder?"),
        new("The special number for velvet-harbour is 6093387.", "What is the special number for velvet-harbour?"),
        new("The museum bought its oldest clock in the city of Tarnow.", "In which city did the museum buy its clock?"),
        new("The favourite dish of Colonel Marchetti is pickled herring.", "What does Colonel Marchetti like to eat?"),
        new(
            "The ferry to Inverlay leaves on Thursdays at a quarter past six.",
            "When does the ferry to Inverlay leave?"
        ),
    ];
}
