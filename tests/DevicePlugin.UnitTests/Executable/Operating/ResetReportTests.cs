using DevicePlugin.Operating;

namespace DevicePlugin.UnitTests.Executable.Operating;

/// <summary>What people are told of the reset of a GPU.</summary>
internal sealed class ResetReportTests
{
    private static readonly ResetStep Step = new("gpu", "GPU-1");

    [Test]
    public void WordsOfOthers_MoveNoCursorAndForgeNoLine()
    {
        const string Words = "nvidia-smi: \u001b[2Jno\0\nprobe    healthy";

        Assert.That(new ResetStep("reset", Words).Text, Is.EqualTo("nvidia-smi: [2Jno probe healthy"));
        Assert.That(new ResetReport(Words).Problem, Is.EqualTo("nvidia-smi: [2Jno probe healthy"));
    }

    [Test]
    public void Place_SaysThatNoPluginRuns_OnlyWhereThisProcessWorkedInItsPlace()
    {
        var refused = new ResetReport("this command needs root") { Folder = "/state" };
        Assert.That(refused.Place, Is.EqualTo("State folder: \"/state\"."));
        Assert.That((refused with { IsServed = true, Steps = [Step] }).Place, Is.EqualTo("State folder: \"/state\"."));
        Assert.That(
            (refused with { Problem = null, Steps = [Step] }).Place, Is.EqualTo("No plugin is running: the records are in \"/state\"."));
    }
}
