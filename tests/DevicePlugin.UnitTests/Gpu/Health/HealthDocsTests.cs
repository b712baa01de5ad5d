using System.Text;
using DevicePlugin.Gpu.Health;
using DevicePlugin.UnitTests.Documentation;

namespace DevicePlugin.UnitTests.Gpu.Health;

internal sealed class HealthDocsTests
{
    private const string Document = "docs/health.md";

    [Test]
    public void TableOfFaults_InTheDocument_IsTheCurrentOne()
    {
        var table = new StringBuilder("| fault | what Nomad sees | what to do | how it clears |\n|---|---|---|---|\n");
        foreach (var fault in FaultTable.All)
        {
            table.Append($"| {fault.Kind} | unhealthy, `{fault.Words}: ...` | {fault.Advice} | {WordsOf(fault.Recovery)} |\n");
        }

        GeneratedTable.AssertIsCurrent(Document, "faults", table.ToString());
    }

    [Test]
    public void TableOfCauseWords_InTheDocument_IsTheCurrentOne()
    {
        var table = new StringBuilder("| word | source | default | what clears it |\n|---|---|---|---|\n");
        foreach (var cause in CauseTable.All)
        {
            var end = cause.Recovery is { } rule ? WordsOf(rule) : cause.End;
            table.Append($"| `{cause.Word}` | {cause.Source} | {DefaultOf(cause)} | {end} |\n");
        }

        GeneratedTable.AssertIsCurrent(Document, "cause words", table.ToString());
    }

    [Test]
    public void TableOfCauseWords_HasEveryWordOfTheCodeOnce()
    {
        var declared = typeof(CauseWord).GetFields().Select(field => (string)field.GetRawConstantValue()!);
        var words = CauseTable.All.Select(cause => cause.Word).ToList();

        Assert.That(words, Is.EquivalentTo(FaultTable.All.Select(fault => fault.Word).Concat(declared)));
        Assert.That(words, Is.Unique.And.All.Matches("^[a-z]+(_[a-z]+)*$"));
        Assert.That(FaultTable.All.Select(fault => fault.Kind), Is.EquivalentTo(Enum.GetValues<DevicePlugin.Gpu.DeviceFaultKind>()));
    }

    /// <summary>Alerts go by them: one that is missing here was renamed or removed.</summary>
    [Test]
    public void CauseWords_ThatWereReleased_AreStillThere() => Assert.That(
        CauseTable.All.Select(cause => cause.Word), Is.SupersetOf(new[]
        {
            "xid", "unknown_xid", "flapping", "gpu_lost", "gpu_unresponsive", "gpu_unreadable", "insufficient_power",
            "reset_required", "row_remap_failed", "memory_unrepairable", "sram_threshold_exceeded", "inforom_corrupt",
            "uncorrected_ecc", "row_remap_pending", "repair_pending", "fabric_not_ready", "fabric_unhealthy",
            "mps_unavailable", "gpu_not_read", "driver_unresponsive", "gpu_gone", "cannot_be_handed_out", "cordoned", "cordons_unreadable", "maintenance", "unmonitored",
        }));

    [Test]
    public void TableOfXids_InTheDocument_IsTheCurrentOne()
    {
        var table = new StringBuilder(
            "| XID | meaning | what Nomad sees | what to do | how it clears | source |\n|---|---|---|---|---|---|\n");
        foreach (var xid in XidCatalog.All)
        {
            var (seen, clears) = xid switch
            {
                { IsUnfit: true } => ("unhealthy", WordsOf(xid.Recovery)),
                { Resolution: XidResolution.OwnWorkflow } =>
                    ("unhealthy while a recovery is asked for or a link is down", WordsOf(xid.Recovery)),
                { Resolution: XidResolution.Unknown } =>
                    ("unhealthy while a recovery is asked for", WordsOf(xid.Recovery)),
                _ => ("healthy", ""),
            };
            table.Append($"| {xid.Code} | {xid.Meaning} | {seen} | {xid.Advice} | {clears} | {xid.Source} |\n");
        }

        GeneratedTable.AssertIsCurrent(Document, "xids", table.ToString());
    }

    private static string DefaultOf(CauseEntry cause) => !cause.IsWithheld ? "offered"
        : CauseWord.Reportable.Contains(cause.Word) ? "withheld"
        : "always withheld";

    private static string WordsOf(RecoveryRule rule) => rule switch
    {
        RecoveryRule.ReadingIsGood => "the reading is back to normal, and a probe passed",
        RecoveryRule.DriverAnswers => "the driver answers again",
        RecoveryRule.AnswersAgain =>
            "the GPU answers again, and the driver asks for no recovery or was reloaded, the GPU has another PCI address, or the machine was rebooted",
        RecoveryRule.Reset =>
            "the driver asks for no recovery and no remap is pending, or it was reloaded or the machine was rebooted; "
            + "and a probe passed",
        RecoveryRule.Restart => "the driver was reloaded or the machine was rebooted, and a probe passed",
        RecoveryRule.NotNeeded => "the driver asks for no recovery, no link is down, and a probe passed",
        _ => throw new ArgumentOutOfRangeException(nameof(rule), rule, "a rule without words"),
    };
}
