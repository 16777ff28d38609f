//! `zicht key`: a new secret key, encrypted, for `zicht encode` and for noise; and how such a file is read.
//!
//! The secret is on disk only encrypted with age, comes never from the command line or the environment, is
//! never printed, and is wiped from memory.

use std::io::{IsTerminal, Read, Write};
use std::path::{Path, PathBuf};

use age::secrecy::SecretString;
use age::{Decryptor, Encryptor, Identity, IdentityFile, Recipient};
use clap::Args;
use linkage::encode::Key;
use zeroize::Zeroizing;

use crate::cli::Outcome;
use crate::failure::Failure;
use crate::show::Show;

/// Bytes of a new secret.
const SECRET: usize = 32;
/// Bytes beyond which a file is no key.
const LARGEST: u64 = 64 * 1024;

/// Arguments of `zicht key`.
#[derive(Args)]
pub(crate) struct Arguments {
    /// The file to make. It must not be there yet.
    #[arg(value_name = "KEYFILE")]
    file: PathBuf,
    /// Public key (age1...) of who may use it; may be given more than once. Without one, a passphrase is asked
    /// for.
    #[arg(long, value_name = "RECIPIENT")]
    recipient: Vec<String>,
    /// File whose first line is the passphrase.
    #[arg(long, value_name = "FILE", conflicts_with = "recipient")]
    passphrase_file: Option<PathBuf>,
}

/// How an encrypted key is opened.
#[derive(Args)]
pub(crate) struct Opening {
    /// File with the age identity that the key is encrypted to.
    #[arg(long, value_name = "FILE")]
    identity: Option<PathBuf>,
    /// File whose first line is the passphrase of the key; asked for when neither this nor --identity is
    /// given.
    #[arg(long, value_name = "FILE", conflicts_with = "identity")]
    passphrase_file: Option<PathBuf>,
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments, show: &Show) -> Outcome {
    let mut secret = Zeroizing::new([0_u8; SECRET]);
    getrandom::fill(secret.as_mut())
        .map_err(|e| Failure::input(format!("this machine gives no random numbers: {e}"), ""))?;
    let mut recipients: Vec<Box<dyn Recipient>> = Vec::new();
    for text in &arguments.recipient {
        let recipient: age::x25519::Recipient = text.parse().map_err(|e: &str| {
            Failure::input(format!("\"{text}\" is no recipient: {e}"), "a recipient begins with age1")
        })?;
        recipients.push(Box::new(recipient));
    }
    if recipients.is_empty() {
        let passphrase = match &arguments.passphrase_file {
            Some(path) => first_line(path)?,
            None => asked_twice()?,
        };
        recipients.push(Box::new(age::scrypt::Recipient::new(passphrase)));
    }
    let encrypted =
        |e: &dyn std::fmt::Display| Failure::input(format!("the key cannot be encrypted: {e}"), "");
    let encryptor = Encryptor::with_recipients(recipients.iter().map(|r| &**r)).map_err(|e| encrypted(&e))?;
    let mut bytes = Vec::new();
    let mut writer = encryptor.wrap_output(&mut bytes).map_err(|e| encrypted(&e))?;
    writer.write_all(secret.as_ref()).and_then(|()| writer.finish()).map_err(|e| encrypted(&e))?;
    let cannot = |e: std::io::Error| Failure::io("cannot make", &arguments.file, &e);
    let mut file = std::fs::File::create_new(&arguments.file).map_err(cannot)?;
    file.write_all(&bytes).and_then(|()| file.sync_all()).map_err(cannot)?;
    show.result(&format!("A new key: {}", arguments.file.display()));
    show.note(
        "  give it, and never its passphrase with it, to the organisations that encode; not to who links",
    );
    Ok(0)
}

/// Reads the key for encoding that a file holds.
pub(crate) fn read(path: &Path, opening: &Opening, show: &Show) -> Result<Key, Failure> {
    Key::new(secret(path, opening, show)?).map_err(|e| no_key(path, &e))
}

/// Reads the secret that a file holds.
pub(crate) fn secret(path: &Path, opening: &Opening, show: &Show) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let cannot = |e: std::io::Error| Failure::io("cannot read", path, &e);
    let mut bytes = Zeroizing::new(Vec::new());
    let file = std::fs::File::open(path).map_err(cannot)?;
    file.take(LARGEST).read_to_end(&mut bytes).map_err(cannot)?;
    let is_age = bytes.starts_with(b"age-encryption.org/") || bytes.starts_with(b"-----BEGIN AGE");
    let secret = if is_age {
        opened(path, &bytes, opening)?
    } else {
        show.note(&format!(
            "  {} is not encrypted: who can read the file can undo what is made with it; `zicht key` makes a key that is",
            path.display()
        ));
        bytes
    };
    // It is the one place that knows how long a secret has to be.
    Key::new(secret.clone()).map_err(|e| no_key(path, &e))?;
    Ok(secret)
}

fn no_key(path: &Path, error: &linkage::Error) -> Failure {
    Failure::input(format!("{}: {error}", path.display()), "`zicht key` makes a key")
}

fn opened(path: &Path, bytes: &[u8], opening: &Opening) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let wrong = |e: &dyn std::fmt::Display| {
        Failure::input(
            format!("{} cannot be opened: {e}", path.display()),
            "give the passphrase it was made with, or with --identity the identity it was encrypted to",
        )
    };
    let identities: Vec<Box<dyn Identity>> = if let Some(file) = &opening.identity {
        let text = secret_text(file)?;
        IdentityFile::from_buffer(text.as_bytes())
            .map_err(|_| {
                Failure::input(
                    format!("{} holds no age identity", file.display()),
                    "it has lines that begin with AGE-SECRET-KEY-",
                )
            })?
            .into_identities()
            .map_err(|e| wrong(&e))?
    } else {
        let passphrase = match &opening.passphrase_file {
            Some(file) => first_line(file)?,
            None => asked("Passphrase of the key: ")?,
        };
        vec![Box::new(age::scrypt::Identity::new(passphrase))]
    };
    let decryptor = Decryptor::new_buffered(age::armor::ArmoredReader::new(bytes)).map_err(|e| wrong(&e))?;
    let mut reader = decryptor.decrypt(identities.iter().map(|i| &**i)).map_err(|e| wrong(&e))?;
    let mut secret = Zeroizing::new(Vec::with_capacity(LARGEST as usize));
    reader.read_to_end(&mut secret).map_err(|e| wrong(&e))?;
    Ok(secret)
}

fn secret_text(path: &Path) -> Result<Zeroizing<String>, Failure> {
    std::fs::read_to_string(path).map(Zeroizing::new).map_err(|e| Failure::io("cannot read", path, &e))
}

fn first_line(path: &Path) -> Result<SecretString, Failure> {
    let text = secret_text(path)?;
    match text.lines().next().filter(|line| !line.is_empty()) {
        Some(line) => Ok(SecretString::from(line.to_owned())),
        None => Err(Failure::input(format!("{} has no passphrase on its first line", path.display()), "")),
    }
}

fn asked(prompt: &str) -> Result<SecretString, Failure> {
    if !std::io::stdin().is_terminal() {
        return Err(Failure::input(
            "the key has a passphrase and there is no terminal to ask for it",
            "write it in a file for --passphrase-file, or use --identity",
        ));
    }
    rpassword::prompt_password(prompt)
        .map(SecretString::from)
        .map_err(|e| Failure::input(format!("no passphrase could be read: {e}"), ""))
}

fn asked_twice() -> Result<SecretString, Failure> {
    use age::secrecy::ExposeSecret;
    let first = asked("Passphrase for the new key: ")?;
    let second = asked("The same again: ")?;
    if first.expose_secret().is_empty() || first.expose_secret() != second.expose_secret() {
        return Err(Failure::input("the two passphrases are not the same, or empty", "try again"));
    }
    Ok(first)
}
