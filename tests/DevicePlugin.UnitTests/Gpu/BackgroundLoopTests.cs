using DevicePlugin.Gpu;
using DevicePlugin.Tests;
using Microsoft.Extensions.Time.Testing;

namespace DevicePlugin.UnitTests.Gpu;

internal sealed class BackgroundLoopTests
{
    [Test]
    public async Task Run_WhateverItThrows_IsLoggedAndGoesOnUntilItIsStopped()
    {
        using var logs = new TestLogs();
        logs.ExpectErrors(entry => entry.EventId.Name == "BackgroundLoopFailed");
        using var stopping = new CancellationTokenSource();
        var time = new FakeTimeProvider();
        var runs = 0;
        var loop = BackgroundLoop.RunAsync("The loop", Fail, time, logs.CreateLogger("loop"), stopping.Token);

        await logs.UntilNamedAsync("BackgroundLoopFailed");
        Assert.That(runs, Is.EqualTo(1), "not at once");
        await AdvanceUntilAsync(() => runs == 2);
        Assert.That(logs.Named("BackgroundLoopFailed").First().Message, Is.EqualTo("The loop failed and goes on in 5 s."));

        await stopping.CancelAsync();
        await loop.DefaultTimeout();

        Task Fail()
        {
            runs++;
            throw new InvalidOperationException("a lone surrogate");
        }

        async Task AdvanceUntilAsync(Func<bool> condition)
        {
            while (!condition())
            {
                time.Advance(BackgroundLoop.Pause);
                await Task.Yield();
            }
        }
    }
}
