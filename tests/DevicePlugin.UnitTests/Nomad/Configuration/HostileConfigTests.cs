using CsCheck;
using DevicePlugin.Nomad.Configuration;
using MessagePack;

namespace DevicePlugin.UnitTests.Nomad.Configuration;

/// <summary>Bytes that no Nomad sends: whatever they are, they give a config or one exception that explains.</summary>
internal sealed class HostileConfigTests
{
    private static readonly byte[][] Valid =
    [
        ConfigBytes.Fixture("config-empty.msgpack"),
        ConfigBytes.Fixture("config-official.msgpack"),
        ConfigBytes.Fixture("config-blocks.msgpack"),
    ];

    [Test]
    public void FromMessagePack_AnyBytes_ThrowsNothingElse() => Gen.Byte.Array.Sample(ReadsOrRefuses);

    [Test]
    public void FromMessagePack_MutatedBytes_ThrowsNothingElse() =>
        Gen.Select(Gen.Int[0, Valid.Length - 1], Gen.Select(Gen.Int[0, 255], Gen.Byte).Array[1, 8])
            .Select((index, changes) =>
            {
                var mutated = (byte[])Valid[index].Clone();
                foreach (var (position, value) in changes)
                {
                    mutated[position % mutated.Length] = value;
                }

                return mutated;
            })
            .Sample(ReadsOrRefuses, iter: 20_000);

    [Test]
    public void FromJson_AnyText_ThrowsNothingElse() => Gen.String.Sample(text =>
    {
        try
        {
            PluginConfigReader.FromJson(ConfigBytes.Json(text));
        }
        catch (PluginConfigException)
        {
        }
    });

    [Test]
    public void FromMessagePack_EveryTruncation_IsRefused() => Assert.Multiple(() =>
    {
        foreach (var bytes in Valid)
        {
            for (var length = 1; length < bytes.Length; length++)
            {
                Assert.That(
                    () => PluginConfigReader.FromMessagePack(bytes.AsMemory(0, length)),
                    Throws.TypeOf<PluginConfigException>().With.Message.Contains("not valid MessagePack"),
                    $"{length} bytes");
            }
        }
    });

    [Test]
    public void FromMessagePack_TrailingBytes_AreRefused() => Refused([.. Valid[0], 0xC0], "with more after it");

    [Test]
    public void FromMessagePack_DeepNesting_IsRefused() =>
        Refused([.. Enumerable.Repeat((byte)0x91, 100_000), 0xC0], "nested more than 8 deep");

    [TestCase(new byte[] { 0xDD, 0xFF, 0xFF, 0xFF, 0xFF }, TestName = "array of 4294967295")]
    [TestCase(new byte[] { 0xDD, 0x7F, 0xFF, 0xFF, 0xFF, 0xC0 }, TestName = "array of 2147483647")]
    [TestCase(new byte[] { 0xDF, 0xFF, 0xFF, 0xFF, 0xFF }, TestName = "map of 4294967295")]
    [TestCase(new byte[] { 0xDB, 0xFF, 0xFF, 0xFF, 0xFF, 0x61 }, TestName = "text of 4294967295")]
    [TestCase(new byte[] { 0xC9, 0xFF, 0xFF, 0xFF, 0xFF, 0x00 }, TestName = "extension of 4294967295")]
    [TestCase(new byte[] { 0xC1 }, TestName = "code that is never used")]
    public void FromMessagePack_LengthBeyondTheBytes_IsRefused(byte[] bytes) => Refused(bytes, "MessagePack");

    [TestCase(new byte[] { 0x81, 0x01, 0x02 }, "should start the name of a key")]
    [TestCase(new byte[] { 0x01 }, "must be a block")]
    [TestCase(new byte[] { 0x90 }, "must be a block")]
    [TestCase(new byte[] { 0x81, 0xC0, 0x02 }, "should start the name of a key")]
    public void FromMessagePack_WrongShape_IsRefused(byte[] bytes, string problem) => Refused(bytes, problem);

    [TestCase(65_535, "must be a block")]
    [TestCase(65_536, "more than 65536 values")]
    public void FromMessagePack_ListOfNils_CountsWithItsItems(int items, string problem) => Refused(
        ConfigBytes.Write((ref MessagePackWriter writer) =>
        {
            writer.WriteArrayHeader(items);
            for (var i = 0; i < items; i++)
            {
                writer.WriteNil();
            }
        }),
        problem);

    [TestCase(1_048_576, "with more after it")]
    [TestCase(1_048_577, "the limit is 1048576")]
    public void FromMessagePack_ManyBytes_AreReadUpToTheLimit(int length, string problem) => Refused(new byte[length], problem);

    [Test]
    public void FromMessagePack_ManyErrors_ListsSomeAndCountsTheRest() => Refused(
        ConfigBytes.Write((ref MessagePackWriter writer) =>
        {
            writer.WriteMapHeader(10_000);
            for (var i = 0; i < 10_000; i++)
            {
                writer.Write("enabled");
                writer.WriteNil();
            }
        }),
        "and 9935 more");

    [Test]
    public void FromMessagePack_ManyUnknownKeys_NamesSomeAndCountsTheRest()
    {
        var parsed = PluginConfigReader.FromMessagePack(ConfigBytes.Write((ref MessagePackWriter writer) =>
        {
            writer.WriteMapHeader(10_000);
            for (var i = 0; i < 10_000; i++)
            {
                writer.Write($"key{i}");
                writer.Write(i);
            }
        }));

        Assert.That(parsed.Warnings.Single(), Does.Contain("\"key7\" and 9992 more"));
    }

    private static void ReadsOrRefuses(byte[] bytes)
    {
        try
        {
            PluginConfigReader.FromMessagePack(bytes);
        }
        catch (PluginConfigException ex)
        {
            Assert.That(ex.Errors, Is.Not.Empty);
        }
    }

    private static void Refused(byte[] bytes, string problem) => Assert.That(
        () => PluginConfigReader.FromMessagePack(bytes),
        Throws.TypeOf<PluginConfigException>().With.Message.Contains(problem));
}
