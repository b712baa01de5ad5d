using System.Diagnostics;
using System.Runtime.Versioning;
using DevicePlugin.Gpu.Operations;
using DevicePlugin.Hardware.Resets;
using DevicePlugin.Hardware.Tools;
using DevicePlugin.Tests;

namespace DevicePlugin.UnitTests.Hardware.Resets;

/// <summary>What the words of nvidia-smi mean.</summary>
internal sealed class ResetToolTests
{
    private const string Done = "GPU 00000000:1A:00.0 was successfully reset.\nAll done.";

    private const string InUse =
        "The following GPUs could not be reset:\n  GPU 00000000:1A:00.0: In use by another client\n\n1 device is currently being used by "
        + "one or more other processes (e.g. Fabric Manager, CUDA application, graphics application such as an X server, or a monitoring "
        + "application such as another instance of nvidia-smi).";

    [TestCase(0, Done, null, false)]
    [TestCase(255, InUse, ResetFailure.InUse, true)]
    [TestCase(255, "Unable to reset this GPU because it's being used by some other process", ResetFailure.InUse, true)]
    [TestCase(8, "GPU Reset couldn't run because GPU 00000000:01:00.0 is the primary GPU.", ResetFailure.DisplayGpu, false)]
    [TestCase(255, "The following GPUs must also be reset, as they have NVLink connections: 00000000:0A:00.0", ResetFailure.LinkedGpus, false)]
    [TestCase(4, "Unable to reset GPU 00000000:1A:00.0: Insufficient Permissions", ResetFailure.NotPermitted, false)]
    [TestCase(0, "Resetting GPU 00000000:1A:00.0 is not supported.\nTreating as warning and moving on.\nAll done.", ResetFailure.NotSupported, false)]
    [TestCase(3, "GPU 00000000:1A:00.0: Not Supported", ResetFailure.NotSupported, false)]
    [TestCase(0, "All done.", ResetFailure.Other, true)]
    [TestCase(0, "", ResetFailure.Other, true)]
    [TestCase(255, "GPU 00000000:1A:00.0: Unknown Error", ResetFailure.Other, true)]
    [TestCase(255, Done, ResetFailure.Other, true)]
    public void Read_GoesByWordsAndCode(int code, string output, ResetFailure? failure, bool isWorthRetrying)
    {
        var result = ResetTool.Read(new ToolResult(code, output));

        Assert.That((result.Failure, result.IsWorthRetrying), Is.EqualTo((failure, isWorthRetrying)), result.Text);
        Assert.That(result.Text, Is.Not.Empty.And.Not.Contains("\n"));
        Assert.That(result.Advice, failure is null ? Is.Empty : Is.Not.Empty);
    }

    [TestCase(0)]
    [TestCase(255)]
    public void Read_WhatTheToolPrints_MovesNoCursorAndForgesNoLine(int code)
    {
        var result = ResetTool.Read(new ToolResult(code, $"was successfully reset.\u001b[2J\0\r\nprobe    healthy\u202e{new string('y', 1000)}"));

        Assert.That(result.Text, Does.Match(@"was successfully reset\.\[2J probe healthyy+…$").And.Length.LessThan(250));
    }

    [Test]
    [Platform("Linux")]
    [SupportedOSPlatform("linux")]
    public async Task FindFault_WhileAResetRuns_NamesIt()
    {
        using var folder = new RootFolder();
        folder.Write("usr/bin/nvidia-smi", "#!/bin/sh");
        using var process = Process.Start(
            new ProcessStartInfo("/bin/sh", ["-c", "read line", "nvidia-smi", "--gpu-reset"]) { RedirectStandardInput = true })!;
        try
        {
            Assert.That(
                new ResetTool(folder.Locate(""), TimeProvider.System).FindFault(),
                Does.Match("^\"nvidia-smi --gpu-reset\" is still running \\(process [0-9]+\\): wait until it has ended"));
        }
        finally
        {
            process.StandardInput.Close();
            await process.WaitForExitAsync().DefaultTimeout();
        }
    }

    [Test]
    public void Read_OfAToolThatDidNotEnd_IsTimedOut()
    {
        var result = ResetTool.Read(new ToolResult(null, "it did not end within 120 s") { IsHung = true });

        Assert.That(result.Failure, Is.EqualTo(ResetFailure.TimedOut));
        Assert.That(result.Text, Is.EqualTo("nvidia-smi: it did not end within 120 s"));
    }

    [TestCase("reset", true)]
    [TestCase("cordon", false)]
    [Platform("Linux")]
    public async Task IsRunning_KnownByItsIdOnly_GoesByItsCommandLine(string command, bool isReset)
    {
        // It reads until its input ends.
        using var process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", "read line", command]) { RedirectStandardInput = true })!;
        try
        {
            Assert.That(ResetTool.IsRunning(new ResetProcess(process.Id, 0)), Is.EqualTo(isReset));
        }
        finally
        {
            process.StandardInput.Close();
            await process.WaitForExitAsync().DefaultTimeout();
        }

        Assert.That(ResetTool.IsRunning(new ResetProcess(process.Id, 0)), Is.False);
    }

    [Test]
    [Platform("Linux")]
    [SupportedOSPlatform("linux")]
    public async Task Run_OfAToolThatOthersMayWrite_IsRefused()
    {
        using var folder = new RootFolder();
        var program = folder.Write("usr/bin/nvidia-smi", $"#!/bin/sh\necho \"$*\" > '{folder.Locate("calls")}'\necho 'GPU x was successfully reset.'");
        var tool = new ResetTool(folder.Locate(""), TimeProvider.System);

        var good = await tool.RunAsync("0000:1a:00.0", TimeSpan.FromSeconds(30), default);
        Assert.That(good, Is.EqualTo(new ResetResult(null, "GPU x was successfully reset.")));
        Assert.That(await File.ReadAllTextAsync(folder.Locate("calls")), Is.EqualTo("--gpu-reset -i 0000:1a:00.0\n"));

        File.SetUnixFileMode(program, File.GetUnixFileMode(program) | UnixFileMode.OtherWrite);
        File.Delete(folder.Locate("calls"));
        var bad = await tool.RunAsync("0000:1a:00.0", TimeSpan.FromSeconds(30), default);
        Assert.That((bad.Failure, bad.Text), Is.EqualTo((ResetFailure.NoTool, tool.FindFault())));
        Assert.That(bad.Text, Does.StartWith("nvidia-smi is not trusted: "));
        Assert.That(File.Exists(folder.Locate("calls")), Is.False);
    }
}
