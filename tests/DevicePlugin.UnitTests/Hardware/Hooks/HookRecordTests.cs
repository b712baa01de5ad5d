using System.Diagnostics;
using System.Runtime.Versioning;
using DevicePlugin.Hardware.Hooks;
using DevicePlugin.Hardware.Tools;
using DevicePlugin.UnitTests.Hardware.DeviceNodes;

namespace DevicePlugin.UnitTests.Hardware.Hooks;

/// <summary>What becomes of a run whose plugin was killed.</summary>
[Platform("Linux")]
[SupportedOSPlatform("linux")]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class HookRecordTests : IDisposable
{
    private const string Boot = "boot-1";

    private readonly TemporaryTree _tree = new();
    private readonly ProcessIdentity _program;

    public HookRecordTests()
    {
        var sleep = TrustedProgram.Check("/bin/sleep", ChangeHook.Variables, new ProgramTrust(TemporaryTree.AsRootHasIt), out _)!;
        Assert.That(DetachedProcess.Start(sleep, ["1000"], new ChildStreams(), out var id), Is.Zero);
        _program = ProcessIdentity.Of(id)!;
    }

    private string FilePath => Path.Combine(_tree.Root, HookRecord.Name);

    public void Dispose()
    {
        _program.Kill();
        _tree.Dispose();
    }

    [Test]
    public async Task RunOfAPluginThatWasKilled_IsEnded()
    {
        Write(PluginThatEnded());

        Assert.That(HookRecord.EndFormer(_tree.Root, Boot), Is.EqualTo(_program.Id));
        Assert.That(await EndAsync(), Is.EqualTo(128 + 9));
        Assert.That(File.Exists(FilePath), Is.False);
        Assert.That(HookRecord.EndFormer(_tree.Root, Boot), Is.Null);
    }

    [Test]
    public void RunOfAPluginThatRuns_IsItsOwn()
    {
        HookRecord.Write(_tree.Root, Boot, _program);

        Assert.That(HookRecord.EndFormer(_tree.Root, Boot), Is.Null);
        Assert.That(_program.IsRunning);
        Assert.That(File.Exists(FilePath));
    }

    [TestCase(Boot, 1, Description = "another process has the id now")]
    [TestCase("boot-0", 0, Description = "ids repeat after a reboot")]
    public void ProcessThatIsNotTheRun_IsLeftAlone(string boot, int ticks)
    {
        Write(PluginThatEnded(), boot, ticks);

        Assert.That(HookRecord.EndFormer(_tree.Root, Boot), Is.Null);
        Assert.That(_program.IsRunning);
    }

    [TestCase("")]
    [TestCase("{}")]
    [TestCase("""{"boot_id":"boot-1","pid":"x","start_ticks":1,"plugin_pid":1,"plugin_start_ticks":1}""")]
    [TestCase("""{"boot_id":"boot-1","pid":99999999999,"start_ticks":1,"plugin_pid":1,"plugin_start_ticks":1}""")]
    public void WhatIsNotARecord_IsNothing(string text)
    {
        File.WriteAllText(FilePath, text);

        Assert.That(HookRecord.EndFormer(_tree.Root, Boot), Is.Null);
    }

    [Test]
    public void RecordThatOthersMayWriteOrALink_EndsNothing()
    {
        Write(PluginThatEnded());
        File.SetUnixFileMode(FilePath, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherWrite);
        Assert.That(HookRecord.EndFormer(_tree.Root, Boot), Is.Null);

        File.SetUnixFileMode(FilePath, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.Move(FilePath, FilePath + ".real");
        File.CreateSymbolicLink(FilePath, FilePath + ".real");
        Assert.That(HookRecord.EndFormer(_tree.Root, Boot), Is.Null);
        Assert.That(_program.IsRunning);
    }

    [Test]
    public void WithoutABootId_NothingIsKept()
    {
        HookRecord.Write(_tree.Root, null, _program);

        Assert.That(File.Exists(FilePath), Is.False);
    }

    private static ProcessIdentity PluginThatEnded()
    {
        using var process = Process.Start("/bin/true");
        process.WaitForExit();
        return new ProcessIdentity(process.Id, 1);
    }

    private void Write(ProcessIdentity plugin, string boot = Boot, int ticks = 0) => File.WriteAllText(
        FilePath,
        $$"""
        {"boot_id":"{{boot}}","pid":{{_program.Id}},"start_ticks":{{_program.StartTicks + ticks}},"plugin_pid":{{plugin.Id}},"plugin_start_ticks":{{plugin.StartTicks}}}
        """);

    private Task<int?> EndAsync() => DetachedProcess.WaitAsync(
        _program.Id, TimeSpan.FromSeconds(30), () => { }, TimeProvider.System, default);
}
