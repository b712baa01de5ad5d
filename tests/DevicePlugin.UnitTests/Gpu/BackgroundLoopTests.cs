using DevicePlugin.Gpu;
using DevicePlugin.Tests;

namespace DevicePlugin.UnitTests.Gpu;

internal sealed class BackgroundLoopTests
{
    [Test]
    public async Task Run_WhateverItThrows_IsLoggedAndGoesOnUntilItIsStopped()
    {
        using var logs = new TestLogs();
        logs.ExpectErrors(entry => entry.EventId.Name == "BackgroundLoopFailed");
        using var stopping = new CancellationTokenSource();
        var time = new ObservedTimeProvider();
        var runs = 0;
        var loop = BackgroundLoop.RunAsync("The loop", Fail, time, logs.CreateLogger("loop"), stopping.Token);

        await logs.UntilNamedAsync("BackgroundLoopFailed");
        Assert.That(runs, Is.EqualTo(1), "not at once");
        await time.NextTimer();
        time.Advance(BackgroundLoop.Pause);
        await logs.UntilNamedAsync("BackgroundLoopFailed", 2);
        Assert.That(runs, Is.EqualTo(2));
        Assert.That(logs.Named("BackgroundLoopFailed").First().Message, Is.EqualTo("The loop failed and goes on in 5 s."));

        await stopping.CancelAsync();
        await loop.DefaultTimeout();

        Task Fail()
        {
            runs++;
            throw new InvalidOperationException("a lone surrogate");
        }
    }
}
