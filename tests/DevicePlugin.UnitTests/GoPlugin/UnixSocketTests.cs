using System.Net.Sockets;
using System.Runtime.Versioning;
using DevicePlugin.GoPlugin;
using DevicePlugin.GoPlugin.Listening;

namespace DevicePlugin.UnitTests.GoPlugin;

[Platform(Exclude = "Win")]
[UnsupportedOSPlatform("windows")]
internal sealed class UnixSocketTests
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private string _directory = "";

    [SetUp]
    public void CreateDirectory() => _directory = Directory.CreateTempSubdirectory("gp").FullName;

    [TearDown]
    public void DeleteDirectory() => Directory.Delete(_directory, recursive: true);

    [Test]
    public void Listen_NoGroup_OnlyTheOwnerMayConnect()
    {
        var (socket, path) = UnixSocket.Listen(_directory, group: null);
        using var listening = socket;

        Assert.That(Path.GetDirectoryName(path), Is.EqualTo(_directory));
        Assert.That(File.GetUnixFileMode(path), Is.EqualTo(OwnerOnly));
    }

    [Test]
    public void Listen_BeforeAnyServer_AcceptsConnections()
    {
        var (socket, path) = UnixSocket.Listen(_directory, group: null);
        using var listening = socket;
        using var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

        Assert.That(() => client.Connect(new UnixDomainSocketEndPoint(path)), Throws.Nothing);
    }

    [Test]
    public void Listen_GroupByNumber_MayConnectToo()
    {
        var (socket, path) = UnixSocket.Listen(_directory, OwnGroup());
        using var listening = socket;

        Assert.That(
            File.GetUnixFileMode(path), Is.EqualTo(OwnerOnly | UnixFileMode.GroupRead | UnixFileMode.GroupWrite));
    }

    [Test]
    public void Listen_UnknownGroup_NamesItAndLeavesNothing()
    {
        Assert.That(
            () => UnixSocket.Listen(_directory, "no-such-group"),
            Throws.TypeOf<PluginStartException>().With.Message.Contains("\"no-such-group\""));
        Assert.That(Directory.GetFiles(_directory), Is.Empty);
    }

    [Test]
    public void Listen_MissingDirectory_NamesThePath() =>
        Assert.That(
            () => UnixSocket.Listen(Path.Combine(_directory, "gone"), group: null),
            Throws.TypeOf<PluginStartException>().With.Message.Contains("gone"));

    [Test]
    public void Listen_LongestPath_Works()
    {
        var (socket, path) = UnixSocket.Listen(DirectoryForPathOf(107), group: null);
        using var listening = socket;

        Assert.That(path, Has.Length.EqualTo(107));
        Assert.That(File.Exists(path), Is.True);
    }

    [Test]
    public void Listen_OneByteTooLong_SaysTheLimit() =>
        Assert.That(
            () => UnixSocket.Listen(DirectoryForPathOf(108), group: null),
            Throws.TypeOf<PluginStartException>().With.Message.Contains("108 bytes").And.Message.Contains("107")
                .And.Message.Contains("PLUGIN_UNIX_SOCKET_DIR or TMPDIR to a folder of at most 94 bytes"));

    // Its own name is "plugin" and the digits of a 32-bit number.
    [Test]
    public void Listen_FolderThatIsJustShortEnoughForGoPlugin_Works()
    {
        var longest = Path.Combine(_directory, new string('d', 107 - "/plugin12345678".Length - _directory.Length - 1));
        Directory.CreateDirectory(longest);

        var (socket, path) = UnixSocket.Listen(longest, group: null);
        using var listening = socket;

        Assert.That(longest, Has.Length.EqualTo(92));
        Assert.That(File.Exists(path), Is.True);
    }

    [Test]
    public void Listen_OftenInOneFolder_EachHasANameOfItsOwn()
    {
        var listening = Enumerable.Range(0, 200).Select(_ => UnixSocket.Listen(_directory, group: null)).ToList();

        Assert.That(listening.Select(one => one.Path), Is.Unique);
        listening.ForEach(one => one.Socket.Dispose());
    }

    [Test]
    [Platform("Linux")]
    public void Protect_WhatTookTheSocketsPlace_KeepsItsModeAndItsGroup([Values("link", "file", "second name")] string trap)
    {
        var victim = Path.Combine(_directory, "victim");
        var path = Path.Combine(_directory, "plugin");
        if (trap == "second name")
        {
            using var other = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            other.Bind(new UnixDomainSocketEndPoint(victim));
            using var link = System.Diagnostics.Process.Start("ln", [victim, path]);
            link.WaitForExit();
            Assert.That(() => SocketEntry.Protect(path, null, OwnerOnly), Throws.TypeOf<PluginStartException>());
            return;
        }

        File.WriteAllText(victim, "");
        File.SetUnixFileMode(victim, OwnerOnly | UnixFileMode.OtherRead);
        if (trap == "link")
        {
            File.CreateSymbolicLink(path, victim);
        }
        else
        {
            File.Move(victim, path);
        }

        Assert.That(
            () => SocketEntry.Protect(path, uint.Parse(OwnGroup()), OwnerOnly),
            Throws.TypeOf<PluginStartException>().With.Message.Contains("was replaced by something else"));
        Assert.That(File.GetUnixFileMode(path), Is.EqualTo(OwnerOnly | UnixFileMode.OtherRead));
    }

    // The line "name:password:gid:members" of a group whose name differs from its number.
    [Test]
    public void Resolve_NameOfTheSystem_GivesItsNumber()
    {
        var fields = File.ReadLines("/etc/group").First(line => line.StartsWith("daemon:", StringComparison.Ordinal)).Split(':');

        Assert.That(SocketGroup.Resolve(fields[0]), Is.EqualTo(uint.Parse(fields[2])));
    }

    private static string OwnGroup() =>
        File.ReadLines("/proc/self/status").First(line => line.StartsWith("Gid:", StringComparison.Ordinal)).Split('\t')[1];

    private string DirectoryForPathOf(int length)
    {
        const int NameLength = 13;
        var directory = Path.Combine(_directory, new string('d', length - NameLength - _directory.Length - 1));
        Directory.CreateDirectory(directory);
        return directory;
    }
}
