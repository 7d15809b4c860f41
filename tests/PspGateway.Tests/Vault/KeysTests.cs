using System.Security.Cryptography;
using PspGateway.Vault;

namespace PspGateway.Tests.Vault;

public sealed class KeysTests : IDisposable
{
    private static readonly byte[] Key = RandomNumberGenerator.GetBytes(32);
    private readonly string _path = Path.Combine(Path.GetTempPath(), $"pspgateway-tests-{Guid.NewGuid():N}");
    private readonly KeyFolder _folder;

    public KeysTests() => _folder = new KeyFolder(_path);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        if (Directory.Exists(_path))
        {
            Directory.Delete(_path, recursive: true);
        }
    }

    [Fact]
    public void A_key_file_is_never_written_over()
    {
        Assert.True(_folder.TryWrite("field", [1, 2, 3]));
        Assert.False(_folder.TryWrite("field", [4, 5, 6]));

        Assert.Equal([1, 2, 3], _folder.Read("field"));
        Assert.Single(Directory.GetFiles(_path));
    }

    [Fact]
    public async Task Of_many_writers_at_once_one_wins_and_its_file_is_whole()
    {
        const int Rounds = 50, Writers = 8;
        var contents = Enumerable.Range(0, Writers).Select(i => Enumerable.Repeat((byte)i, 4096).ToArray()).ToList();
        for (var round = 0; round < Rounds; round++)
        {
            var name = $"epoch{round}";
            var won = await Task.WhenAll(contents.Select(content => Task.Run(() => _folder.TryWrite(name, content), Stop)));

            Assert.Equal(1, won.Count(w => w));
            Assert.Equal(contents[Array.IndexOf(won, true)], _folder.Read(name));
        }

        Assert.Equal(Rounds, Directory.GetFiles(_path).Length);
    }

    [Fact]
    public void A_folder_that_takes_no_new_key_is_found_out_before_one_is_needed()
    {
        _folder.Probe();
        Assert.Empty(Directory.GetFiles(_path));

        var noFolder = Path.Combine(_path, "file");
        File.WriteAllText(noFolder, "");
        Assert.Contains("Vault:KeyFolder", Assert.Throws<IOException>(() => new KeyFolder(noFolder).Probe()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_file_is_for_its_owner_alone()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        _folder.TryWrite("field", [1]);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Assert.Single(Directory.GetFiles(_path))));
    }

    [Fact]
    public void A_key_that_is_not_there_or_was_destroyed_is_absent()
    {
        Assert.Null(_folder.Read("field"));
        _folder.TryWrite("field", [1]);
        _folder.Delete("field");

        Assert.Null(_folder.Read("field"));
    }

    [Fact]
    public async Task A_wrapped_key_opens_under_its_name_and_master_key_alone()
    {
        var wrapper = new LocalKeyWrapper([.. Key]);
        var wrapped = await wrapper.WrapAsync([1, 2, 3], "epoch-a", Stop);

        Assert.Equal([1, 2, 3], await wrapper.UnwrapAsync(wrapped, "epoch-a", Stop));
        await Assert.ThrowsAnyAsync<CryptographicException>(async () => await wrapper.UnwrapAsync(wrapped, "epoch-b", Stop));
        await Assert.ThrowsAnyAsync<CryptographicException>(async () => await new LocalKeyWrapper(new byte[32]).UnwrapAsync(wrapped, "epoch-a", Stop));
        await Assert.ThrowsAnyAsync<CryptographicException>(async () => await wrapper.UnwrapAsync(wrapped[..20], "epoch-a", Stop));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(16)]
    [InlineData(31)]
    [InlineData(33)]
    public void A_master_key_of_another_length_is_refused_by_its_settings_name(int length)
    {
        var exception = Assert.Throws<ArgumentException>(() => new LocalKeyWrapper(new byte[length]));

        Assert.Contains("Vault:MasterKey", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_field_key_is_made_once_and_opens_under_its_context_alone()
    {
        var first = new FieldSealer(_folder, new LocalKeyWrapper([.. Key]));
        await first.LoadAsync(Stop);
        var box = first.Seal([7, 8, 9], "phone:1");
        var second = new FieldSealer(_folder, new LocalKeyWrapper([.. Key]));
        await second.LoadAsync(Stop);

        Assert.Equal([7, 8, 9], second.Open(box, "phone:1"));
        Assert.ThrowsAny<CryptographicException>(() => second.Open(box, "phone:2"));
    }

    [Fact]
    public async Task The_field_key_does_not_load_under_another_master_key()
    {
        await new FieldSealer(_folder, new LocalKeyWrapper([.. Key])).LoadAsync(Stop);
        var other = new FieldSealer(_folder, new LocalKeyWrapper(new byte[32]));

        await Assert.ThrowsAnyAsync<CryptographicException>(() => other.LoadAsync(Stop));
        Assert.False(other.IsLoaded);
        Assert.Throws<InvalidOperationException>(() => other.Seal([1], "phone:1"));
    }
}
