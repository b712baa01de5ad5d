using DevicePlugin.Nomad.Services;
using DevicePlugin.Tests;

namespace DevicePlugin.UnitTests.Nomad.Services;

internal sealed class MessageMakerTests
{
    [Test]
    public void Make_FaultThatLasts_IsLeftOutAndLoggedWhenItBegins()
    {
        using var logs = new TestLogs();
        logs.ExpectErrors(entry => entry.EventId.Name == "MessageNotMade");
        var maker = new MessageMaker("Stats", logs.CreateLogger("maker"));

        var made = new[] { "a", "", "", "b", "" }.Select(told => maker.Make(told, Make)).ToList();

        Assert.That(made, Is.EqualTo(new[] { "made of a", null, null, "made of b", null }));
        Assert.That(logs.Named("MessageNotMade").Count(), Is.EqualTo(2), "once for each time that it begins");
    }

    private static string Make(string told) =>
        told.Length > 0 ? $"made of {told}" : throw new InvalidOperationException("cannot be mapped");
}
