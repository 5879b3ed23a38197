//! A name server of our own, as honest or odd as a test wants it: UDP and TCP on one port, every question kept.

use hickory_resolver::proto::op::{Message, OpCode, ResponseCode};
use hickory_resolver::proto::rr::rdata::{CNAME, TXT};
use hickory_resolver::proto::rr::{Name, RData, Record, RecordType};
use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

/// What goes into one packet; more must be fetched by TCP.
const MAX_PACKET: usize = 1232;

/// What it says of a name. Of names it does not know, that there are none.
#[derive(Debug, Clone)]
pub enum Zone {
    /// TXT records, each with its strings.
    Texts(Vec<Vec<String>>),
    /// The name is there, without such a record.
    Empty,
    /// The name is another's.
    Alias(&'static str),
    Failure,
    Refusal,
    Silence,
    /// Bytes that are no answer.
    Rubbish,
}

impl Zone {
    /// One record of one string.
    pub fn text(text: &str) -> Zone {
        Zone::Texts(vec![vec![text.to_owned()]])
    }
}

type Zones = Arc<Mutex<HashMap<String, Zone>>>;

pub struct NameServer {
    pub address: SocketAddr,
    zones: Zones,
    asked: Arc<Mutex<Vec<String>>>,
    stop: Arc<AtomicBool>,
}

impl NameServer {
    pub fn new() -> NameServer {
        let (packets, calls) = ports();
        let address = packets.local_addr().unwrap();
        let (zones, asked, stop) =
            (Zones::default(), Arc::<Mutex<Vec<String>>>::default(), Arc::<AtomicBool>::default());
        packets.set_read_timeout(Some(std::time::Duration::from_millis(200))).unwrap();
        let (said, kept, stopped) = (zones.clone(), asked.clone(), stop.clone());
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while !stopped.load(Ordering::Relaxed) {
                let Ok((length, from)) = packets.recv_from(&mut buffer) else { continue };
                if let Some(bytes) = answer(&buffer[..length], &said, &kept, MAX_PACKET) {
                    let _ = packets.send_to(&bytes, from);
                }
            }
        });
        let (said, kept, stopped) = (zones.clone(), asked.clone(), stop.clone());
        std::thread::spawn(move || {
            for stream in calls.incoming().map_while(Result::ok) {
                if stopped.load(Ordering::Relaxed) {
                    return;
                }
                let _ = talk(stream, &said, &kept);
            }
        });
        NameServer { address, zones, asked, stop }
    }

    pub fn say(&self, name: &str, zone: Zone) {
        self.zones.lock().unwrap().insert(format!("{name}."), zone);
    }

    /// Names it was asked for so far, with the kind of record.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

impl Drop for NameServer {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(self.address);
    }
}

/// The same number for both.
fn ports() -> (UdpSocket, TcpListener) {
    loop {
        let packets = UdpSocket::bind("127.0.0.1:0").unwrap();
        if let Ok(calls) = TcpListener::bind(packets.local_addr().unwrap()) {
            return (packets, calls);
        }
    }
}

fn talk(mut stream: TcpStream, zones: &Zones, asked: &Mutex<Vec<String>>) -> std::io::Result<()> {
    stream.set_read_timeout(Some(std::time::Duration::from_secs(5)))?;
    let mut length = [0; 2];
    stream.read_exact(&mut length)?;
    let mut question = vec![0; usize::from(u16::from_be_bytes(length))];
    stream.read_exact(&mut question)?;
    if let Some(bytes) = answer(&question, zones, asked, usize::from(u16::MAX)) {
        stream.write_all(&u16::try_from(bytes.len()).unwrap().to_be_bytes())?;
        stream.write_all(&bytes)?;
    }
    // Whoever asked closes.
    let _ = stream.read(&mut [0; 1]);
    Ok(())
}

fn answer(question: &[u8], zones: &Zones, asked: &Mutex<Vec<String>>, max: usize) -> Option<Vec<u8>> {
    let question = Message::from_vec(question).ok()?;
    let query = question.queries.first()?.clone();
    asked.lock().unwrap().push(format!("{} {}", query.query_type, query.name));
    let mut said = Message::response(question.metadata.id, OpCode::Query);
    said.metadata.recursion_desired = true;
    said.metadata.recursion_available = true;
    said.add_query(query.clone());
    let mut name = query.name.clone();
    loop {
        let zone = zones.lock().unwrap().get(&name.to_ascii().to_lowercase()).cloned();
        match zone {
            None => said.metadata.response_code = ResponseCode::NXDomain,
            Some(Zone::Empty) => {}
            Some(Zone::Failure) => said.metadata.response_code = ResponseCode::ServFail,
            Some(Zone::Refusal) => said.metadata.response_code = ResponseCode::Refused,
            Some(Zone::Silence) => return None,
            Some(Zone::Rubbish) => return Some(vec![0xff; 40]),
            Some(Zone::Alias(other)) => {
                let target = Name::from_ascii(format!("{other}.")).unwrap();
                said.add_answer(Record::from_rdata(name, 60, RData::CNAME(CNAME(target.clone()))));
                name = target;
                continue;
            }
            Some(Zone::Texts(records)) if query.query_type == RecordType::TXT => {
                for strings in records {
                    said.add_answer(Record::from_rdata(name.clone(), 60, RData::TXT(TXT::new(strings))));
                }
            }
            Some(Zone::Texts(_)) => {}
        }
        break;
    }
    let bytes = said.to_vec().unwrap();
    if bytes.len() <= max {
        return Some(bytes);
    }
    said.metadata.truncation = true;
    said.answers.clear();
    Some(said.to_vec().unwrap())
}
