using DevicePlugin.Hardware.Nvml;

namespace DevicePlugin.UnitTests.Hardware.Nvml;

internal sealed class WordsTests
{
    [TestCase(9u, "hopper")]
    [TestCase(13u, "rubin")]
    [TestCase(11u, "11")]
    [TestCase(0xFFFFFFFFu, null)]
    [TestCase(null, null)]
    public void Architecture_Code_IsAWordOrItsNumber(uint? code, string? expected) =>
        Assert.That(Words.Architecture(code), Is.EqualTo(expected));

    [TestCase(14u, "nvidia")]
    [TestCase(5u, "geforce")]
    [TestCase(0u, null)]
    [TestCase(99u, "99")]
    public void Brand_Code_IsAWordOrItsNumber(uint? code, string? expected) =>
        Assert.That(Words.Brand(code), Is.EqualTo(expected));

    [TestCase(0u, "default")]
    [TestCase(1u, "1")]
    [TestCase(2u, "prohibited")]
    [TestCase(3u, "exclusive_process")]
    public void ComputeMode_Code_IsAWordOrItsNumber(uint? code, string? expected) =>
        Assert.That(Words.ComputeMode(code), Is.EqualTo(expected));

    [TestCase(1, "GPU reset", "drain the GPU and reset it")]
    [TestCase(2, "node reboot", "reboot the node")]
    [TestCase(5, "recover IMEX", "recover the IMEX domain")]
    [TestCase(7, "system reboot", "reboot the node")]
    [TestCase(8, "8", null)]
    [TestCase(uint.MaxValue - 1L, "4294967294", null)]
    public void RecoveryAction_Code_IsAWordAndWhatToDo(long code, string word, string? advice)
    {
        Assert.That(Words.RecoveryAction(code), Is.EqualTo(word));
        Assert.That(Words.RecoveryAdvice(code), Is.EqualTo(advice));
    }

    [TestCase(6, 4.0)]
    [TestCase(3, 2.2)]
    [TestCase(0, null)]
    [TestCase(99, null)]
    public void NvLinkVersion_Code_IsTheVersion(int code, double? expected) =>
        Assert.That(Words.NvLinkVersion(code), Is.EqualTo(expected));
}
