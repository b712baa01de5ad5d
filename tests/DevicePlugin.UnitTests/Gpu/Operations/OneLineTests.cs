using DevicePlugin.Gpu.Operations;

namespace DevicePlugin.UnitTests.Gpu.Operations;

internal sealed class OneLineTests
{
    [TestCase("RMA-123", "RMA-123")]
    [TestCase("  two\nlines\tand\u2028more \u00a0 ", "two lines and more")]
    [TestCase("\u001b[31mred\u0007\0", "[31mred")]
    [TestCase("\u202eesrever\u2066\u200b", "esrever", Description = "turned and invisible")]
    [TestCase("Lüfter 故障 🔥", "Lüfter 故障 🔥")]
    [TestCase("\ue000\uffff", "")]
    public void Clean_LeavesWhatCanBeReadInOneLine(string text, string expected) =>
        Assert.That(OneLine.Clean(text), Is.EqualTo(expected));

    // Not as a case: an attribute cannot hold it.
    [Test]
    public void Clean_HalfACharacter_IsReplaced() =>
        Assert.That(OneLine.Clean("half \ud83d of a pair"), Is.EqualTo("half \ufffd of a pair"));

    [TestCase("abcde", 5, "abcde")]
    [TestCase("abcdef", 5, "abcd…")]
    [TestCase("abc🔥🔥", 5, "abc…", Description = "half a character is none")]
    public void Of_IsCut(string text, int most, string expected) => Assert.That(OneLine.Of(text, most), Is.EqualTo(expected));

    [Test]
    public void Of_WhateverTheLength_IsShort() =>
        Assert.That(OneLine.Of(new string('x', 1_000_000), OneLine.MostReason), Has.Length.EqualTo(OneLine.MostReason));
}
