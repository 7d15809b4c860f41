using PspGateway.Merchants;

namespace PspGateway.Tests.Merchants;

public sealed class ClientSecretsTests
{
    [Fact]
    public void A_secret_matches_its_own_hash_alone()
    {
        var (salt, hash) = ClientSecrets.Hash("correct horse");

        Assert.True(ClientSecrets.Matches("correct horse", salt, hash));
        Assert.False(ClientSecrets.Matches("correct horsf", salt, hash));
        Assert.False(ClientSecrets.Matches("Correct horse", salt, hash));
        Assert.False(ClientSecrets.Matches("", salt, hash));
        Assert.False(ClientSecrets.Matches("correct horse", [.. salt.Reverse()], hash));
        Assert.False(ClientSecrets.Matches("correct horse", salt, hash[..31]));
        Assert.False(ClientSecrets.Matches("correct horse", salt, []));
    }

    [Fact]
    public void Two_hashes_of_one_secret_differ()
    {
        var first = ClientSecrets.Hash("correct horse");
        var second = ClientSecrets.Hash("correct horse");

        Assert.NotEqual(first.Salt, second.Salt);
        Assert.NotEqual(first.Hash, second.Hash);
    }

    // Computed with Python's hashlib.pbkdf2_hmac: stored hashes must go on matching whatever is changed here.
    [Fact]
    public void A_hash_stored_long_ago_still_matches() => Assert.True(ClientSecrets.Matches(
        "correct horse",
        [.. Enumerable.Range(0, 16).Select(i => (byte)i)],
        Convert.FromHexString("57f2c2f0739748d516419b062a884666323c583ea4ae165504a81f7b53c62a09")));
}
