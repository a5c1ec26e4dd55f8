//! Messages: the exact bytes of recorded and documented ones, both dialects, every violation, any split of the stream.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // helpers of tests

use proptest::prelude::*;
use token_management::{
    message::{
        ClientMessage, Deframer, Dialect, Extensions, LoginParameter, MESSAGE_SIZE_MAX,
        MessageType, Operation, OperationResult, ServerMessage, Status, Violation, encoding,
    },
    subsystem::secret::Secret,
};

fn secret(text: &str) -> Secret {
    Secret::new(text.as_bytes().to_vec())
}

/// The payload of exactly one framed message.
fn payload(framed: &[u8]) -> Vec<u8> {
    let mut rest = framed;
    let mut deframer = Deframer::default();
    let payload = deframer.next(&mut rest).unwrap().expect("one whole message");
    assert!(rest.is_empty() && deframer.is_idle());
    payload.as_bytes().to_vec()
}

fn client(text: &str) -> ClientMessage {
    ClientMessage::decode(&payload(text.as_bytes())).unwrap()
}

fn server(text: &str) -> ServerMessage {
    ServerMessage::decode(&payload(text.as_bytes())).unwrap()
}

/// Decodes, compares, encodes in this dialect and gets the same bytes.
fn client_both_ways(text: &str, dialect: Dialect, message: &ClientMessage) {
    assert_eq!(&client(text), message);
    assert_eq!(String::from_utf8_lossy(&message.encode(dialect)), text);
}

fn server_both_ways(text: &str, message: &ServerMessage) {
    assert_eq!(&server(text), message);
    assert_eq!(String::from_utf8_lossy(&message.encode()), text);
}

#[test]
fn begin_op_of_both_clients() {
    let tpsclient = "s=53&msg_type=2&operation=5&extensions=tokenType%3DuserKey";
    client_both_ways(
        tpsclient,
        Dialect::TpsClient,
        &ClientMessage::BeginOp {
            operation: Operation::Format,
            extensions: Extensions::new().with(Extensions::TOKEN_TYPE, "userKey"),
        },
    );
    // Size field and payload make the chunk of 3a bytes.
    assert_eq!(tpsclient.len(), 0x3A);

    let extensions = Extensions::new()
        .with(Extensions::TOKEN_TYPE, "userKey")
        .with(Extensions::CLIENT_VERSION, "ESC 1.0.1")
        .with(Extensions::TOKEN_ATR, "3BFF1400FF8131FE458025A00000005657534336353003003B")
        .with(Extensions::STATUS_UPDATE, "true")
        .with(Extensions::EXTENDED_LOGIN, "true");
    assert!(extensions.status_update() && extensions.extended_login());
    assert_eq!(extensions.token_type(), Some("userKey"));
    client_both_ways(
        "s=204&msg_type=2&operation=5&extensions=tokenType%3DuserKey%26clientVersion%3DESC+1%2E0%2E1%26\
         tokenATR%3D3BFF1400FF8131FE458025A00000005657534336353003003B%26statusUpdate%3Dtrue%26\
         extendedLoginRequest%3Dtrue%26",
        Dialect::Esc,
        &ClientMessage::BeginOp { operation: Operation::Format, extensions },
    );
}

#[test]
fn login() {
    server_both_ways(
        "s=33&msg_type=3&invalid_pw=0&blocked=0",
        &ServerMessage::LoginRequest { invalid_password: false, blocked: false },
    );
    let answer = ClientMessage::LoginResponse {
        screen_name: "testuser1".to_owned(),
        password: secret("Secret.123"),
    };
    client_both_ways(
        "s=52&msg_type=4&screen_name=testuser1&password=Secret.123",
        Dialect::TpsClient,
        &answer,
    );
    client_both_ways(
        "s=54&msg_type=4&screen_name=testuser1&password=Secret%2E123",
        Dialect::Esc,
        &answer,
    );
}

#[test]
fn extended_login() {
    let parameter = |id: &str, name: &str, kind: &str| LoginParameter {
        id: id.to_owned(),
        name: name.to_owned(),
        description: name.to_owned(),
        kind: kind.to_owned(),
        option: String::new(),
    };
    server_both_ways(
        "s=335&msg_type=16&invalid_pw=0&blocked=0&title=LDAP+Authentication&description=This+authenticates+user+\
         against+the+LDAP+directory.&required_parameter0=id%3DUID%26name%3DLDAP+User+ID%26desc%3DLDAP+User+ID%26\
         type%3Dstring%26option%3D&required_parameter1=id%3DPASSWORD%26name%3DLDAP+Password%26desc%3DLDAP+Password\
         %26type%3Dpassword%26option%3D",
        &ServerMessage::ExtendedLoginRequest {
            invalid_password: false,
            blocked: false,
            title: "LDAP Authentication".to_owned(),
            description: "This authenticates user against the LDAP directory.".to_owned(),
            parameters: vec![
                parameter("UID", "LDAP User ID", "string"),
                parameter("PASSWORD", "LDAP Password", "password"),
            ],
        },
    );
    let answer = ClientMessage::ExtendedLoginResponse {
        parameters: vec![
            ("UID".to_owned(), secret("testuser1")),
            ("PASSWORD".to_owned(), secret("Secret.123")),
        ],
    };
    client_both_ways("s=47&msg_type=17&UID=testuser1&PASSWORD=Secret%2E123", Dialect::Esc, &answer);
}

#[test]
fn pdus() {
    let command = hex_literal::hex!("80 50 01 00 08 77 57 62 E4 5E 23 66 7D");
    server_both_ways(
        "s=71&msg_type=9&pdu_size=13&pdu_data=%80%50%01%00%08%77%57%62%E4%5E%23%66%7D",
        &ServerMessage::TokenPduRequest { pdu: command.to_vec() },
    );
    let answer = ClientMessage::TokenPduResponse {
        pdu: hex_literal::hex!(
            "A0 01 92 03 04 05 06 07 08 C9 01 01 BD 6D 19 85 6E 54 0F CD A3 BA 81 1B 31 D3 33 7D 90 00"
        )
        .to_vec(),
    };
    client_both_ways(
        "s=113&msg_type=10&pdu_data=%A0%01%92%03%04%05%06%07%08%C9%01%01%BDm%19%85nT%0F%CD%A3%BA%81%1B1%D33%7D%90%00\
         &pdu_size=30",
        Dialect::TpsClient,
        &answer,
    );
    client_both_ways(
        "s=113&msg_type=10&pdu_size=30&pdu_data=%A0%01%92%03%04%05%06%07%08%C9%01%01%BDm%19%85nT%0F%CD%A3%BA%81%1B1%D33\
         %7D%90%00",
        Dialect::Esc,
        &answer,
    );
    client_both_ways(
        "s=38&msg_type=10&pdu_size=2&pdu_data=%90%00",
        Dialect::Esc,
        &ClientMessage::TokenPduResponse { pdu: vec![0x90, 0] },
    );
    client_both_ways(
        "s=46&msg_type=10&pdu_size=6&pdu_data=R%B3F%85%90%00",
        Dialect::Esc,
        &ClientMessage::TokenPduResponse { pdu: vec![0x52, 0xB3, 0x46, 0x85, 0x90, 0] },
    );
}

#[test]
fn status_update_new_pin_and_end() {
    server_both_ways(
        "s=65&msg_type=14&current_state=10&next_task_name=PROGRESS_APPLET_BLOCK",
        &ServerMessage::StatusUpdateRequest {
            current_state: 10,
            next_task_name: "PROGRESS_APPLET_BLOCK".to_owned(),
        },
    );
    let update = ClientMessage::StatusUpdateResponse { current_state: 10 };
    client_both_ways("s=28&msg_type=15&current_state=10", Dialect::Esc, &update);
    server_both_ways(
        "s=46&msg_type=11&minimum_length=4&maximum_length=10",
        &ServerMessage::NewPinRequest { minimum_length: 4, maximum_length: 10 },
    );
    client_both_ways(
        "s=30&msg_type=12&new_pin=Secret.456",
        Dialect::Esc,
        &ClientMessage::NewPinResponse { new_pin: secret("Secret.456") },
    );
    server_both_ways(
        "s=42&msg_type=13&operation=5&result=0&message=0",
        &ServerMessage::EndOp {
            operation: Operation::Format,
            result: OperationResult::Good,
            status: Status::NoError,
        },
    );
}

/// Three whole operations between tpsclient and Dogtag: every message is understood and written again byte for byte.
#[test]
fn recorded_operations() {
    let recordings = [
        include_str!("data/format.messages"),
        include_str!("data/enroll.messages"),
        include_str!("data/reset-pin.messages"),
    ];
    for recording in recordings {
        let mut end = None;
        for line in recording.lines() {
            match line.split_at(2) {
                ("> ", text) => {
                    let again = client(text).encode(Dialect::TpsClient);
                    assert_eq!(String::from_utf8_lossy(&again), text);
                }
                ("< ", text) => {
                    let message = server(text);
                    assert_eq!(String::from_utf8_lossy(&message.encode()), text);
                    end = Some(message);
                }
                _ => panic!("neither direction: {line}"),
            }
        }
        assert!(matches!(
            end,
            Some(ServerMessage::EndOp {
                result: OperationResult::Good,
                status: Status::NoError,
                ..
            })
        ));
    }
}

#[test]
fn a_new_pin_is_taken_raw() {
    let message = client("s=29&msg_type=12&new_pin=a%41+b=c%");
    assert_eq!(message, ClientMessage::NewPinResponse { new_pin: secret("a%41+b=c%") });
}

#[test]
fn escapes_are_read_leniently() {
    let decoded = |text: &str| ClientMessage::decode(text.as_bytes()).unwrap();
    assert_eq!(&**encoding::decode(b"a+b%2Fc%2f%zz%4"), b"a b/c/%zz%4");
    let several = decoded("msg_type=2&operation=1&extensions=tokenType%3DuserKey%%26keySet%3Dset");
    let ClientMessage::BeginOp { extensions, .. } = several else { panic!("not BEGIN_OP") };
    assert_eq!(extensions.token_type(), Some("userKey"));
    assert_eq!(extensions.key_set(), Some("set"));
    let odd = decoded("msg_type=2&operation=1&extensions=alone%26%26%3Dx%26a%3D");
    let ClientMessage::BeginOp { extensions, .. } = odd else { panic!("not BEGIN_OP") };
    assert_eq!(extensions.iter().collect::<Vec<_>>(), [("alone", ""), ("", "x"), ("a", "")]);
}

#[test]
fn begin_op_needs_no_extensions() {
    let ClientMessage::BeginOp { operation, extensions } = client("s=22&msg_type=2&operation=3")
    else {
        panic!("not BEGIN_OP")
    };
    assert!(operation == Operation::ResetPin && extensions.is_empty());
}

#[test]
fn violations_name_what_is_wrong() {
    let decode = |text: &str| ClientMessage::decode(text.as_bytes()).unwrap_err();
    let missing = |message, field| Violation::MissingField { message, field };
    assert_eq!(decode(""), Violation::MissingType);
    assert_eq!(decode("msg_type=x"), Violation::MissingType);
    assert_eq!(decode("msg_type=+2"), Violation::MissingType);
    assert_eq!(decode("msg_type=18"), Violation::UnknownType(18));
    assert_eq!(decode("msg_type=9"), Violation::WrongDirection(MessageType::TokenPduRequest));
    assert_eq!(decode("msg_type=0"), Violation::WrongDirection(MessageType::Undefined));
    assert_eq!(decode("msg_type=1"), Violation::WrongDirection(MessageType::Error));
    assert_eq!(decode("msg_type=2"), missing(MessageType::BeginOp, "operation"));
    assert_eq!(decode("msg_type=2&operation=9"), Violation::UnknownOperation(9));
    assert_eq!(decode("msg_type=2&operation=-1"), Violation::BadNumber("operation"));
    assert_eq!(decode("msg_type=2&operation=99999999999"), Violation::BadNumber("operation"));
    assert_eq!(decode("msg_type=4&screen_name=x"), missing(MessageType::LoginResponse, "password"));
    assert_eq!(
        decode("msg_type=4&screen_name=%FF&password=x"),
        Violation::InvalidText("screen_name")
    );
    assert_eq!(decode("msg_type=15&msg_type=15"), Violation::DuplicateField);
    assert_eq!(
        decode("msg_type=10&pdu_size=3&pdu_data=%90%00"),
        Violation::PduSizeMismatch { announced: 3, actual: 2 }
    );
    let many = (0..70).map(|n| format!("&p{n}=1")).collect::<Vec<_>>().concat();
    let too_many = decode(&format!("msg_type=17{many}"));
    assert_eq!(too_many, Violation::TooManyFields { limit: 64 });
    assert_eq!(
        ServerMessage::decode(b"msg_type=2&operation=1"),
        Err(Violation::WrongDirection(MessageType::BeginOp))
    );
}

fn violation(bytes: &[u8]) -> Violation {
    let mut deframer = Deframer::default();
    let violation = deframer.next(&mut &*bytes).unwrap_err();
    // Once broken, always broken.
    assert_eq!(deframer.next(&mut &b"s=1&x"[..]).unwrap_err(), violation);
    violation
}

#[test]
fn framing_is_strict_and_bounded() {
    let too_large = Violation::MessageTooLarge { limit: MESSAGE_SIZE_MAX };
    assert_eq!(violation(b"x"), Violation::BadStart { found: b'x' });
    assert_eq!(violation(b"s&"), Violation::BadStart { found: b'&' });
    assert_eq!(violation(b"s=&"), Violation::BadSize { found: b'&' });
    assert_eq!(violation(b"s=1x"), Violation::BadSize { found: b'x' });
    assert_eq!(violation(b"s=-1&"), Violation::BadSize { found: b'-' });
    assert_eq!(violation(b"s=10000&"), too_large);
    assert_eq!(violation(b"s=00000"), too_large);
    assert_eq!(violation(&[b"s=".as_slice(), &[b'9'; 40]].concat()), too_large);
    let largest = [b"s=9999&".as_slice(), &[b'x'; 9999]].concat();
    assert_eq!(payload(&largest).len(), 9999);
    assert_eq!(payload(b"s=0&"), b"");
    assert_eq!(payload(b"s=0003&abc"), b"abc");
}

#[test]
fn tables_are_complete_and_consistent() {
    assert_eq!(MessageType::ALL.len(), 18);
    for (number, message) in MessageType::ALL.iter().enumerate() {
        assert_eq!(MessageType::from_number(u32::try_from(number).unwrap()), Some(*message));
    }
    assert_eq!(Status::ALL.len(), 47);
    for (code, status) in Status::ALL.iter().enumerate() {
        let code = u32::try_from(code).unwrap();
        assert_eq!((Status::from_code(code), status.code()), (*status, code));
    }
    assert_eq!(
        Status::from_code(99).to_string(),
        "UNKNOWN (99): a status that this version does not know"
    );
    assert_eq!(Status::Login.to_string(), "LOGIN (14): user name or password is wrong");
    assert_eq!(Status::RENEWAL_FAILED.code(), 37);
    for (number, operation) in Operation::ALL.iter().enumerate() {
        assert_eq!(usize::try_from(operation.number()), Ok(number));
    }
}

#[test]
fn secrets_are_not_shown() {
    let login = ClientMessage::LoginResponse {
        screen_name: "user".to_owned(),
        password: secret("hunter2"),
    };
    assert!(!format!("{login:?}").contains("hunter2"));
    let mut rest = &b"s=14&msg_type=hunter"[..];
    let payload = Deframer::default().next(&mut rest).unwrap();
    assert!(!format!("{payload:?}").contains("hunter"));
}

fn any_secret() -> impl Strategy<Value = Secret> {
    proptest::collection::vec(any::<u8>(), 0..40).prop_map(Secret::new)
}

/// A PIN that goes raw must hold no separator.
fn raw_pin() -> impl Strategy<Value = Secret> {
    "[^&=]{0,20}".prop_map(|pin: String| Secret::new(pin.into_bytes()))
}

fn operation() -> impl Strategy<Value = Operation> {
    proptest::sample::select(Operation::ALL)
}

fn client_message() -> impl Strategy<Value = ClientMessage> {
    let extensions =
        proptest::collection::vec(("[^&=]{1,10}", "[^&]{0,10}"), 0..6).prop_map(|list| {
            list.into_iter().fold(Extensions::new(), |all, (name, value)| all.with(name, value))
        });
    let parameters = proptest::collection::btree_map("[A-Z]{1,8}", any_secret(), 0..6);
    prop_oneof![
        (operation(), extensions)
            .prop_map(|(operation, extensions)| ClientMessage::BeginOp { operation, extensions }),
        (any::<String>(), any_secret()).prop_map(|(screen_name, password)| {
            ClientMessage::LoginResponse { screen_name, password }
        }),
        (any_secret(), any_secret())
            .prop_map(|(pin, value)| ClientMessage::SecurIdResponse { pin, value }),
        any_secret().prop_map(|answer| ClientMessage::AsqResponse { answer }),
        proptest::collection::vec(any::<u8>(), 0..300)
            .prop_map(|pdu| ClientMessage::TokenPduResponse { pdu }),
        raw_pin().prop_map(|new_pin| ClientMessage::NewPinResponse { new_pin }),
        any::<u32>()
            .prop_map(|current_state| ClientMessage::StatusUpdateResponse { current_state }),
        parameters.prop_map(|parameters| ClientMessage::ExtendedLoginResponse {
            parameters: parameters.into_iter().collect(),
        }),
    ]
}

fn login_parameter() -> impl Strategy<Value = LoginParameter> {
    let text = || "[^&]{0,12}";
    ("[A-Z]{1,8}", text(), text(), text(), text()).prop_map(
        |(id, name, description, kind, option)| LoginParameter {
            id,
            name,
            description,
            kind,
            option,
        },
    )
}

fn server_message() -> impl Strategy<Value = ServerMessage> {
    let flags = any::<(bool, bool)>;
    let parameters = proptest::collection::vec(login_parameter(), 0..5);
    prop_oneof![
        flags().prop_map(|(invalid_password, blocked)| ServerMessage::LoginRequest {
            invalid_password,
            blocked
        }),
        flags().prop_map(|(pin_required, next_value)| ServerMessage::SecurIdRequest {
            pin_required,
            next_value
        }),
        any::<String>().prop_map(|question| ServerMessage::AsqRequest { question }),
        proptest::collection::vec(any::<u8>(), 0..300)
            .prop_map(|pdu| ServerMessage::TokenPduRequest { pdu }),
        any::<(u32, u32)>().prop_map(|(minimum_length, maximum_length)| {
            ServerMessage::NewPinRequest { minimum_length, maximum_length }
        }),
        (operation(), any::<bool>(), any::<u32>()).prop_map(|(operation, good, code)| {
            ServerMessage::EndOp {
                operation,
                result: if good { OperationResult::Good } else { OperationResult::Error },
                status: Status::from_code(code),
            }
        }),
        (any::<u32>(), any::<String>()).prop_map(|(current_state, next_task_name)| {
            ServerMessage::StatusUpdateRequest { current_state, next_task_name }
        }),
        (flags(), any::<String>(), any::<String>(), parameters).prop_map(
            |((invalid_password, blocked), title, description, parameters)| {
                ServerMessage::ExtendedLoginRequest {
                    invalid_password,
                    blocked,
                    title,
                    description,
                    parameters,
                }
            }
        ),
    ]
}

proptest! {
    #[test]
    fn what_a_client_says_is_understood(message in client_message()) {
        let framed = message.encode(Dialect::Esc);
        prop_assert_eq!(ClientMessage::decode(&payload(&framed)).unwrap(), message);
    }

    #[test]
    fn what_a_server_says_is_understood(message in server_message()) {
        let framed = message.encode();
        prop_assert_eq!(ServerMessage::decode(&payload(&framed)).unwrap(), message);
    }

    #[test]
    fn any_split_of_the_stream_gives_the_same_messages(
        messages in proptest::collection::vec(client_message(), 1..5),
        cuts in proptest::collection::vec(1usize..50, 1..20),
    ) {
        let stream: Vec<u8> =
            messages.iter().flat_map(|message| message.encode(Dialect::Esc).to_vec()).collect();
        let mut deframer = Deframer::default();
        let mut read = Vec::new();
        let mut rest = stream.as_slice();
        for length in cuts.iter().cycle() {
            let (mut piece, after) = rest.split_at((*length).min(rest.len()));
            while let Some(payload) = deframer.next(&mut piece).unwrap() {
                read.push(ClientMessage::decode(payload.as_bytes()).unwrap());
            }
            prop_assert!(piece.is_empty());
            rest = after;
            if rest.is_empty() {
                break;
            }
        }
        prop_assert!(deframer.is_idle());
        prop_assert_eq!(read, messages);
    }

    #[test]
    fn arbitrary_bytes_never_panic(
        start in proptest::sample::select(vec!["", "s=5&", "msg_type=", "s=9"]),
        bytes in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        let bytes = [start.as_bytes(), &bytes].concat();
        let mut rest = bytes.as_slice();
        let mut deframer = Deframer::new(100);
        while let Ok(Some(payload)) = deframer.next(&mut rest) {
            prop_assert!(payload.as_bytes().len() <= 100);
        }
        let _ = ServerMessage::decode(&bytes);
        let _ = ClientMessage::decode(&bytes);
    }

    #[test]
    fn arbitrary_fields_never_panic(
        number in 0u32..20,
        fields in proptest::collection::vec(("[a-z_0-9]{1,12}|pdu_data|pdu_size|operation|extensions", "[ -~]{0,20}"), 0..8),
    ) {
        let fields = fields.iter().map(|(name, value)| format!("&{name}={value}")).collect::<Vec<_>>().concat();
        let payload = format!("msg_type={number}{fields}");
        for decoded in [
            ServerMessage::decode(payload.as_bytes()).map(|message| message.message_type()),
            ClientMessage::decode(payload.as_bytes()).map(|message| message.message_type()),
        ] {
            prop_assert!(decoded.is_err() || decoded == Ok(MessageType::from_number(number).unwrap()));
        }
    }
}
