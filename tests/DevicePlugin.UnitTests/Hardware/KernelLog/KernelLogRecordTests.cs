using System.Text;
using DevicePlugin.Hardware.KernelLog;

namespace DevicePlugin.UnitTests.Hardware.KernelLog;

internal sealed class KernelLogRecordTests
{
    [TestCase("4,1234,5678901,-;NVRM: text", 1234, 5678901, true)]
    [TestCase("4,1234,5678901,-,caller=T4242;NVRM: text", 1234, 5678901, true)]
    [TestCase("7,0,0,-;", 0, 0, true)]
    public void TryParse_RecordOfTheKernel_HasItsFields(string line, long sequence, long microseconds, bool isTrusted)
    {
        Assert.That(KernelLogRecord.TryParse(Encoding.ASCII.GetBytes(line), out var record), Is.True);
        Assert.That(
            (record.Sequence, record.Microseconds, record.IsTrusted), Is.EqualTo((sequence, microseconds, isTrusted)));
    }

    // 12 is facility 1, what a write to /dev/kmsg gets; 2052 is priority 4 of facility 256, which no kernel takes for 0.
    [TestCase("12,1,1,-;NVRM: Xid (PCI:0000:3b:00): 79, forged by logger")]
    [TestCase("2052,1,1,-;NVRM: Xid (PCI:0000:3b:00): 79, forged")]
    [TestCase("4,1,1,c;NVRM: Xid (PCI:0000:3b:00): 79, a fragment that begins with a name")]
    [TestCase("4,1,1,+;NVRM: Xid (PCI:0000:3b:00): 79, a fragment as older kernels write it")]
    public void TryParse_NotAWholeLineOfTheKernel_IsNotTrusted(string line)
    {
        Assert.That(KernelLogRecord.TryParse(Encoding.ASCII.GetBytes(line), out var record), Is.True);
        Assert.That(record.IsTrusted, Is.False);
    }

    [TestCase("")]
    [TestCase(" SUBSYSTEM=pci")]
    [TestCase(" 4,1,1,-;NVRM: Xid (PCI:0000:3b:00): 79, in a continuation line")]
    [TestCase("4,1,1,-")]
    [TestCase("4,1;NVRM: text")]
    [TestCase("x,1,1,-;text")]
    [TestCase("4,-1,1,-;text")]
    [TestCase("4,99999999999999999999,1,-;text")]
    [TestCase(";")]
    public void TryParse_NoRecord_IsFalse(string line) =>
        Assert.That(KernelLogRecord.TryParse(Encoding.ASCII.GetBytes(line), out _), Is.False);
}
