using System.Globalization;
using System.Runtime.Versioning;
using System.Text;
using DevicePlugin.Hardware.Mps;
using DevicePlugin.Hardware.Tools;
using DevicePlugin.Tests;
using DevicePlugin.Tests.Fuzz;

namespace DevicePlugin.FunctionalTests.Fuzz;

/// <summary>
/// What the front end of an MPS daemon prints, through a program that prints it: a daemon whose answer is not understood must
/// never look like one that works, or has no clients.
/// </summary>
[Platform("Linux")]
[SupportedOSPlatform("linux")]
[Parallelizable(ParallelScope.Self)]
internal sealed class MpsReplyFuzz
{
    [Test]
    public async Task Replies_AreUnderstoodOrNot_AndNeverMeanNoClients()
    {
        using var folder = new RootFolder();
        var reply = folder.Locate("reply");
        folder.Write($"root/usr/bin/{MpsTool.Name}", $"#!/bin/sh\nexec cat {reply}");
        var tool = new MpsTool(new DriverTools(folder.Locate("root")), TimeSpan.FromSeconds(20), TimeProvider.System);
        var control = tool.ControlOf(folder.Locate("pipe"), folder.Locate("log"), out var problem);
        Assert.That(control, Is.Not.Null, problem);

        await new FuzzRun(
            150, "100.0\n", "4711\n", "1\n2\n3\n", "Cannot find MPS control daemon process\n", "Server 4711\nPID 4712\n")
        {
            Words = ["100", "100.1", "1e2", "\u0661", "4,711", "+1", " 1", "0x1"],
        }.RunAsync(async input =>
        {
            await File.WriteAllBytesAsync(reply, input);
            var text = Encoding.UTF8.GetString(input).Trim();
            var lines = text.Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0).ToList();

            var state = (await control!.PingAsync(CancellationToken.None).DefaultTimeout()).State;
            FuzzRun.Require(
                state is MpsState.Answers or MpsState.Faulty
                    || (state == MpsState.Absent && text.Contains("Cannot find MPS control daemon process", StringComparison.Ordinal)),
                $"the daemon is {state}, and its front end has ended well");
            FuzzRun.Require(
                state != MpsState.Answers || (double.Parse(text, CultureInfo.InvariantCulture) is >= 0 and <= 100), "no percentage is an answer");

            // Each line of the first answer is asked about, and a server would be a process more.
            if (lines.Count <= 4)
            {
                var clients = await control.ListClientsAsync(CancellationToken.None).DefaultTimeout();
                FuzzRun.Require(clients is null or { Count: > 0 } || lines.Count == 0, "an answer that is not understood means no clients");
                FuzzRun.Require(
                    clients is null || lines.All(line => line.All(char.IsAsciiDigit)), "a list of clients from what is no number");
            }
        });
    }
}
