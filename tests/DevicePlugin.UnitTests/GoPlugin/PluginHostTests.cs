using DevicePlugin.GoPlugin;

namespace DevicePlugin.UnitTests.GoPlugin;

internal sealed class PluginHostTests
{
    private static readonly MagicCookie Cookie = new("COOKIE", "secret");

    [TestCase(null, false)]
    [TestCase("", false)]
    [TestCase("Secret", false)]
    [TestCase("secret", true)]
    public void WasLaunchedByHost_ComparesTheCookie(string? value, bool expected) =>
        Assert.That(PluginHost.WasLaunchedByHost(Cookie, _ => value), Is.EqualTo(expected));
}
