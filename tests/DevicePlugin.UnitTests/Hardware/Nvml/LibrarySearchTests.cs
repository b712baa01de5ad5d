using DevicePlugin.Hardware.Nvml;

namespace DevicePlugin.UnitTests.Hardware.Nvml;

[Platform("Linux")]
internal sealed class LibrarySearchTests
{
    [Test]
    public void FindFiles_OfAName_AreThoseOfTheSearchPathAndTheCache()
    {
        var folder = Directory.CreateTempSubdirectory("search").FullName;
        try
        {
            var first = Make(folder, "first", "libx.so.1");
            var cached = Make(folder, "cached", "libx.so.1");
            Make(folder, "cached", "liblibx.so.1");
            var cache = Path.Combine(folder, "cache");
            File.WriteAllText(cache, $"glibc-ld.so.cache1.1\0\u0001libx.so.1\0{cached}\0{folder}/absent/libx.so.1\0");

            Assert.That(
                LibrarySearch.FindFiles("libx.so.1", $"{folder}/none:{folder}/first", cache),
                Is.EqualTo(new[] { first, cached }));
            Assert.That(LibrarySearch.FindFiles("libx.so.1", null, $"{folder}/nocache"), Is.Empty);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string Make(string root, string folder, string name)
    {
        var path = Path.Combine(Directory.CreateDirectory(Path.Combine(root, folder)).FullName, name);
        File.WriteAllText(path, "x");
        return path;
    }
}
